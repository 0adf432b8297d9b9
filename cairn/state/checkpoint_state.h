// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
//
// The `checkpoint` file: which checkpoints a directory holds and which is the
// latest. Protobuf text (message CheckpointState); the exact text and what is
// tolerated when reading: docs/formats/checkpoint_state.md.
//
//   model_checkpoint_path: "ckpt-2"
//   all_model_checkpoint_paths: "ckpt-1"
//   all_model_checkpoint_paths: "ckpt-2"
//   all_model_checkpoint_timestamps: 1576640070.138009
//   all_model_checkpoint_timestamps: 1576640102.5460615
//   last_preserved_timestamp: 1576640034.937531
#ifndef CAIRN_STATE_CHECKPOINT_STATE_H_
#define CAIRN_STATE_CHECKPOINT_STATE_H_

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "cairn/base/file_system.h"
#include "cairn/base/status.h"

namespace cairn::state {

inline constexpr std::string_view kDefaultStateFile = "checkpoint";

// The fields as they stand in the file.
struct CheckpointState {
  std::string model_checkpoint_path;
  std::vector<std::string> all_model_checkpoint_paths;  // oldest first
  std::vector<double> all_model_checkpoint_timestamps;  // Unix seconds
  double last_preserved_timestamp = 0;
  friend bool operator==(const CheckpointState&,
                         const CheckpointState&) = default;
};

// The bytes TensorFlow 2.15 writes: one `name: value` a line, empty strings and
// zero left out, bytes from 0x80 in octal.
std::string FormatCheckpointState(const CheckpointState& state);

// Parses as TensorFlow's text parser does (comments, quotes, adjacent literals,
// separators, lists, any order, the last of repeated scalars wins). DataLoss
// names line and column; unknown fields are refused, as TensorFlow does. An
// empty text is an empty state.
StatusOr<CheckpointState> ParseCheckpointState(std::string_view text);

// The state TensorFlow would write for these arguments: appends `path` to
// `all_paths` if it is not last, and rewrites relative paths to be relative to
// `dir`. InvalidArgument when the timestamps' number does not fit.
enum class PathStyle { kAsGiven, kRelative };
StatusOr<CheckpointState> MakeCheckpointState(
    std::string_view dir, std::string_view path,
    std::vector<std::string> all_paths, std::vector<double> timestamps = {},
    std::optional<double> last_preserved_timestamp = std::nullopt,
    PathStyle style = PathStyle::kAsGiven);

// Replaces `<dir>/<file_name>` atomically and durably. NotFound when the
// directory is absent; InvalidArgument when the state file's own path equals
// the checkpoint's, or a path is not UTF-8, which nobody could read back.
Status WriteCheckpointState(FileSystem& fs, const std::string& dir,
                            const CheckpointState& state,
                            std::string_view file_name = kDefaultStateFile);

// MakeCheckpointState, then WriteCheckpointState: TensorFlow's
// update_checkpoint_state. No `all_paths`: only `path` is listed.
struct UpdateOptions {
  std::vector<std::string> all_paths = {};  // oldest first
  std::vector<double> timestamps = {};
  std::optional<double> last_preserved_timestamp = std::nullopt;
  PathStyle style = PathStyle::kAsGiven;
  std::string_view file_name = kDefaultStateFile;
};
Status UpdateCheckpointState(FileSystem& fs, const std::string& dir,
                             const std::string& path,
                             const UpdateOptions& options = {});

// The fields as in the file. NotFound without the file, DataLoss if it does not
// parse.
StatusOr<CheckpointState> ReadCheckpointState(
    FileSystem& fs, const std::string& dir,
    std::string_view file_name = kDefaultStateFile);
// As ReadCheckpointState, with relative paths joined to `dir` (not normalised).
// DataLoss also when no latest checkpoint is named, as in an empty file.
StatusOr<CheckpointState> GetCheckpointState(
    FileSystem& fs, const std::string& dir,
    std::string_view file_name = kDefaultStateFile);

// Whether a checkpoint of that prefix is there: `<prefix>.index` (or a journal
// that holds one), a V1 file of that very name, or, for the pattern of a V1
// checkpoint in shards (`<path>-?????-of-00002`), its first shard. Data files
// are not looked at, directories are no checkpoints.
bool CheckpointExists(FileSystem& fs, const std::string& prefix);
// The same, but ResourceExhausted where that cannot be known for lack of memory
// or descriptors.
StatusOr<bool> FindCheckpoint(FileSystem& fs, const std::string& prefix);

// The prefix of the latest checkpoint of `dir`. An absent, empty or broken
// state file, or one whose latest checkpoint is gone, falls back to the newest
// listed checkpoint that exists, then to a scan of the directory (the `.index`
// with the highest number, of equal ones the newest); `note`, if not null, then
// says so. NotFound when there is none; Unavailable and ResourceExhausted,
// which asking again may cure, are passed on.
StatusOr<std::string> LatestCheckpoint(
    FileSystem& fs, const std::string& dir,
    std::string_view file_name = kDefaultStateFile,
    std::string* note = nullptr);

// As TensorFlow's latest_checkpoint: only the checkpoint that the state file
// names as the latest, never another one. NotFound when there is no state file,
// it cannot be read or parsed, or that checkpoint is gone; InvalidArgument
// "Invalid checkpoint state loaded from DIR" when the state file names none, as
// an empty one does. `note`, if not null, then says why; it is what TensorFlow
// logs as a warning.
StatusOr<std::string> StrictLatestCheckpoint(
    FileSystem& fs, const std::string& dir,
    std::string_view file_name = kDefaultStateFile,
    std::string* note = nullptr);

// When a checkpoint was written, Unix seconds: the time of its index, else of
// its V1 file, else of the first shard of a V1 pattern; nothing if it is not
// there.
StatusOr<std::optional<double>> CheckpointMtime(FileSystem& fs,
                                                const std::string& prefix);
// The times of those that are there, so maybe fewer than prefixes.
StatusOr<std::vector<double>> GetCheckpointMtimes(
    FileSystem& fs, const std::vector<std::string>& prefixes);

// Prefixes of all `.index` files of the directory, in natural order of names.
StatusOr<std::vector<std::string>> ScanForCheckpoints(FileSystem& fs,
                                                      const std::string& dir);

// The data files of a prefix, of whatever shard counts; literal names. None if
// the directory is absent.
StatusOr<std::vector<std::string>> ListDataFiles(FileSystem& fs,
                                                 const std::string& prefix);

// `<prefix without a shard suffix>.<suffix>`: where the meta graph stands.
std::string MetaGraphPath(std::string_view prefix,
                          std::string_view suffix = "meta");

// Removes a V2 checkpoint's files: index first (so that a half-removed one is
// invisible), then its data files, then, with kWithMeta, the meta graph. Names
// are literal, never patterns. Files already gone are no error; if one cannot
// be removed, the others still are.
enum class RemoveMeta { kKeep, kWithMeta };
Status RemoveCheckpoint(FileSystem& fs, const std::string& prefix,
                        RemoveMeta meta, std::string_view meta_suffix = "meta");
// The same for a V1 checkpoint: the file `prefix`, or, for a pattern
// `<path>-?????-of-00002`, its shards.
Status RemoveV1Checkpoint(FileSystem& fs, const std::string& prefix,
                          RemoveMeta meta,
                          std::string_view meta_suffix = "meta");

}  // namespace cairn::state

#endif  // CAIRN_STATE_CHECKPOINT_STATE_H_

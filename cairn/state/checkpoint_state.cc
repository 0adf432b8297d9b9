// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
//
// The text written, one value a line, in this order:
//   model_checkpoint_path: "<string>"
//   all_model_checkpoint_paths: "<string>"        per path
//   all_model_checkpoint_timestamps: <double>     per path, or none at all
//   last_preserved_timestamp: <double>
// An empty string and a zero are left out of the first and the last.
// In strings: \n \r \t \" \' \\ by letter; other bytes below 0x20, 0x7f and all
// from 0x80 as three octal digits.
#include "cairn/state/checkpoint_state.h"

#include <cmath>
#include <filesystem>
#include <optional>
#include <utility>

#include "cairn/base/commit.h"
#include "cairn/base/guard_memory.h"
#include "cairn/base/strings.h"

namespace cairn::state {
namespace {

// No real file comes near; keeps a wrong path from being read into memory.
constexpr uint64_t kMaxStateFileSize = uint64_t{64} << 20;

void AppendEscaped(std::string& out, std::string_view bytes) {
  for (const char c : bytes) {
    const auto byte = static_cast<unsigned char>(c);
    switch (c) {
      case '\n':
        out += "\\n";
        break;
      case '\r':
        out += "\\r";
        break;
      case '\t':
        out += "\\t";
        break;
      case '"':
      case '\'':
      case '\\':
        out += '\\';
        out += c;
        break;
      default:
        if (byte >= 0x20 && byte < 0x7f) {
          out += c;
        } else {
          out += '\\';
          out += static_cast<char>('0' + (byte >> 6));
          out += static_cast<char>('0' + ((byte >> 3) & 7));
          out += static_cast<char>('0' + (byte & 7));
        }
    }
  }
}

void AppendString(std::string& out, std::string_view name,
                  std::string_view value) {
  out += name;
  out += ": \"";
  AppendEscaped(out, value);
  out += "\"\n";
}

void AppendDouble(std::string& out, std::string_view name, double value) {
  out += StrCat(name, ": ", PythonRepr(value), "\n");
}

// The parts of a path, with "." dropped and ".." resolved as far as the text
// allows: leading ".." stay in a relative path.
std::vector<std::string> Normalized(std::string_view path) {
  std::vector<std::string> parts;
  for (const std::string_view part : Split(path, '/')) {
    if (part.empty() || part == ".") continue;
    if (part != "..") {
      parts.emplace_back(part);
    } else if (!parts.empty() && parts.back() != "..") {
      parts.pop_back();
    } else if (!IsAbsolutePath(path)) {
      parts.emplace_back(part);
    }
  }
  return parts;
}

// `path` as seen from `dir`; nullopt when that takes the name of a directory
// that neither mentions.
std::optional<std::string> RelativeByText(std::string_view path,
                                          std::string_view dir) {
  if (IsAbsolutePath(path) != IsAbsolutePath(dir)) return std::nullopt;
  const std::vector<std::string> to = Normalized(path);
  const std::vector<std::string> from = Normalized(dir);
  size_t common = 0;
  while (common < to.size() && common < from.size() &&
         to[common] == from[common]) {
    ++common;
  }
  std::vector<std::string> parts;
  for (size_t i = common; i < from.size(); ++i) {
    if (from[i] == "..") return std::nullopt;
    parts.emplace_back("..");
  }
  parts.insert(parts.end(), to.begin() + static_cast<ptrdiff_t>(common),
               to.end());
  return parts.empty() ? "." : Join(parts, "/");
}

StatusOr<std::string> RelativePath(std::string_view path,
                                   std::string_view dir) {
  if (std::optional<std::string> text = RelativeByText(path, dir)) {
    return *std::move(text);
  }
  std::error_code error;
  const std::string here = std::filesystem::current_path(error).string();
  std::optional<std::string> text;
  if (!error) text = RelativeByText(JoinPath(here, path), JoinPath(here, dir));
  if (text) return *std::move(text);
  return InvalidArgumentError(StrCat("cannot tell where ", Escape(path),
                                     " is relative to ", Escape(dir),
                                     ": the working directory is not known"));
}

// Makes `path` relative to `dir` where the style and the kind of path ask it.
Status Rebase(std::string_view dir, PathStyle style, std::string* path) {
  if (path->empty()) return OkStatus();
  const bool wanted = IsAbsolutePath(*path) ? style == PathStyle::kRelative
                                            : !IsAbsolutePath(dir);
  if (!wanted) return OkStatus();
  CAIRN_ASSIGN_OR_RETURN(*path, RelativePath(*path, dir));
  return OkStatus();
}

std::string TimestampTexts(const std::vector<double>& timestamps) {
  std::vector<std::string> texts;
  for (const double t : timestamps) texts.push_back(PythonRepr(t));
  return Join(texts, ", ");
}

std::string PathTexts(const std::vector<std::string>& paths) {
  std::vector<std::string> texts;
  for (const std::string& path : paths) {
    texts.push_back(StrCat("'", Escape(path), "'"));
  }
  return Join(texts, ", ");
}

// A path that is no UTF-8 would make the file one that nobody can parse: the
// strings of the message, CheckpointState, are UTF-8.
Status CheckReadable(const CheckpointState& state, std::string_view file) {
  std::vector<std::string> paths = state.all_model_checkpoint_paths;
  paths.push_back(state.model_checkpoint_path);
  for (const std::string& path : paths) {
    if (IsUtf8(path)) continue;
    return InvalidArgumentError(StrCat(Escape(file), ": cannot name the path '",
                                       Escape(path), "', which is not UTF-8"));
  }
  return OkStatus();
}

Status ConflictError(std::string_view path) {
  return InvalidArgumentError(
      StrCat("Save path '", Escape(path),
             "' conflicts with path used for checkpoint state. Please use a "
             "different save path."));
}

}  // namespace

std::string FormatCheckpointState(const CheckpointState& state) {
  std::string out;
  if (!state.model_checkpoint_path.empty()) {
    AppendString(out, "model_checkpoint_path", state.model_checkpoint_path);
  }
  for (const std::string& path : state.all_model_checkpoint_paths) {
    AppendString(out, "all_model_checkpoint_paths", path);
  }
  for (const double timestamp : state.all_model_checkpoint_timestamps) {
    AppendDouble(out, "all_model_checkpoint_timestamps", timestamp);
  }
  // Minus zero is not left out.
  if (state.last_preserved_timestamp != 0 ||
      std::signbit(state.last_preserved_timestamp)) {
    AppendDouble(out, "last_preserved_timestamp",
                 state.last_preserved_timestamp);
  }
  return out;
}

StatusOr<CheckpointState> MakeCheckpointState(
    std::string_view dir, std::string_view path,
    std::vector<std::string> all_paths, std::vector<double> timestamps,
    std::optional<double> last_preserved_timestamp, PathStyle style) {
  return GuardMemory(dir, [&]() -> StatusOr<CheckpointState> {
    if (all_paths.empty() || all_paths.back() != path) {
      all_paths.emplace_back(path);
    }
    if (!timestamps.empty() && timestamps.size() != all_paths.size()) {
      return InvalidArgumentError(
          StrCat("Checkpoint timestamps, if provided, must match checkpoint "
                 "paths (got paths [",
                 PathTexts(all_paths), "] and timestamps [",
                 TimestampTexts(timestamps), "])"));
    }
    CheckpointState state;
    state.model_checkpoint_path = std::string(path);
    CAIRN_RETURN_IF_ERROR(Rebase(dir, style, &state.model_checkpoint_path));
    for (std::string& p : all_paths)
      CAIRN_RETURN_IF_ERROR(Rebase(dir, style, &p));
    state.all_model_checkpoint_paths = std::move(all_paths);
    state.all_model_checkpoint_timestamps = std::move(timestamps);
    state.last_preserved_timestamp = last_preserved_timestamp.value_or(0);
    return state;
  });
}

Status WriteCheckpointState(FileSystem& fs, const std::string& dir,
                            const CheckpointState& state,
                            std::string_view file_name) {
  return GuardMemory(dir, [&]() -> Status {
    const std::string path = JoinPath(dir, file_name);
    if (Normalized(JoinPath(dir, state.model_checkpoint_path)) ==
        Normalized(path)) {
      return ConflictError(state.model_checkpoint_path);
    }
    CAIRN_RETURN_IF_ERROR(CheckReadable(state, path));
    if (!fs.IsDirectory(dir.empty() ? "." : dir)) {
      return NotFoundError(StrCat(Escape(path), ": there is no directory ",
                                  Escape(dir), " to write it in"));
    }
    return WriteFileAtomically(fs, path, FormatCheckpointState(state));
  });
}

Status UpdateCheckpointState(FileSystem& fs, const std::string& dir,
                             const std::string& path,
                             const UpdateOptions& options) {
  // TensorFlow compares the paths as given, before any is rewritten.
  if (Normalized(path) == Normalized(JoinPath(dir, options.file_name))) {
    return ConflictError(path);
  }
  CAIRN_ASSIGN_OR_RETURN(
      const CheckpointState state,
      MakeCheckpointState(dir, path, options.all_paths, options.timestamps,
                          options.last_preserved_timestamp, options.style));
  return WriteCheckpointState(fs, dir, state, options.file_name);
}

StatusOr<CheckpointState> ReadCheckpointState(FileSystem& fs,
                                              const std::string& dir,
                                              std::string_view file_name) {
  return GuardMemory(dir, [&]() -> StatusOr<CheckpointState> {
    const std::string path = JoinPath(dir, file_name);
    CAIRN_ASSIGN_OR_RETURN(const std::string text,
                           fs.ReadFile(path, kMaxStateFileSize));
    StatusOr<CheckpointState> state = ParseCheckpointState(text);
    if (!state.ok()) return Annotate(state.status(), Escape(path));
    return state;
  });
}

StatusOr<CheckpointState> GetCheckpointState(FileSystem& fs,
                                             const std::string& dir,
                                             std::string_view file_name) {
  return GuardMemory(dir, [&]() -> StatusOr<CheckpointState> {
    CAIRN_ASSIGN_OR_RETURN(CheckpointState state,
                           ReadCheckpointState(fs, dir, file_name));
    if (state.model_checkpoint_path.empty()) {
      return DataLossError(StrCat(
          "Invalid checkpoint state loaded from ", Escape(dir), ": ",
          Escape(JoinPath(dir, file_name)), " has no model_checkpoint_path"));
    }
    state.model_checkpoint_path = JoinPath(dir, state.model_checkpoint_path);
    for (std::string& path : state.all_model_checkpoint_paths) {
      path = JoinPath(dir, path);
    }
    return state;
  });
}

}  // namespace cairn::state

// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
//
// A copy is a list of items in the order in which the source has their bytes,
// each with a shard (layout.h), given one after another to the writer of the
// output's format. Where the source is of that format too, a bundle's bytes are
// handed over as they are stored.
#include "cairn/convert/copy.h"

#include <algorithm>
#include <deque>
#include <map>
#include <memory>
#include <set>
#include <utility>
#include <vector>

#include "cairn/base/commit.h"
#include "cairn/base/guard_memory.h"
#include "cairn/base/strings.h"
#include "cairn/bundle/reader.h"
#include "cairn/bundle/writer.h"
#include "cairn/convert/copy_source.h"
#include "cairn/convert/layout.h"
#include "cairn/state/checkpoint_state.h"
#include "cairn/v1/shard_names.h"
#include "cairn/v1/writer.h"

namespace cairn::convert {
namespace {

// Meta graphs are copied whole; protobuf cannot hold more.
constexpr uint64_t kMaxMetaGraphBytes = uint64_t{2} << 30;

Status CheckOptions(const CopyOptions& options) {
  if (options.num_shards < 0 || options.num_shards > bundle::kMaxShards) {
    return InvalidArgumentError(StrCat(
        options.num_shards, " shards, expected 1 to ", bundle::kMaxShards));
  }
  if (options.max_shard_size < 0) {
    return InvalidArgumentError(
        StrCat("shards of at most ", options.max_shard_size, " bytes"));
  }
  if (options.num_shards > 0 && options.max_shard_size > 0) {
    return InvalidArgumentError(
        "a number of shards and their largest size exclude each other");
  }
  return OkStatus();
}

class Copier {
 public:
  Copier(FileSystem& fs, const Source& source, std::string out,
         const CopyOptions& options)
      : fs_(fs), source_(source), out_(std::move(out)), options_(options) {}

  StatusOr<CopyReport> Run() {
    format_ = options_.format.value_or(source_.format());
    CAIRN_RETURN_IF_ERROR(CheckOutput());
    CAIRN_ASSIGN_OR_RETURN(items_, source_.Items());
    report_.num_shards = source_.num_shards();
    if (options_.num_shards > 0 || options_.max_shard_size > 0) {
      report_.num_shards =
          Distribute(items_, options_.num_shards, options_.max_shard_size);
    }
    for (const Item& item : items_) {
      progress_.total_bytes += static_cast<uint64_t>(item.bytes);
    }
    progress_.total_tensors = items_.size();
    CAIRN_RETURN_IF_ERROR(CheckFileNames());
    CAIRN_RETURN_IF_ERROR(CheckMetaGraph());
    // What an earlier copy left when it was killed.
    CAIRN_RETURN_IF_ERROR(RemoveStaleTemporaries(fs_, out_));
    Commit commit(fs_, out_);
    CAIRN_RETURN_IF_ERROR(format_ == inspect::Format::kBundle
                              ? WriteBundle(commit)
                              : WriteV1(commit));
    CAIRN_RETURN_IF_ERROR(CopyMetaGraph(commit));
    CAIRN_RETURN_IF_ERROR(commit.Finish());
    report_.tensors = source_.num_tensors();
    report_.bytes = progress_.bytes;
    return report_;
  }

 private:
  // --- the output's names ---

  Status CheckOutput() const {
    if (out_.empty() || out_.back() == '/') {
      return InvalidArgumentError(
          StrCat(Escape(out_, 4096), ": not a name for a checkpoint"));
    }
    CAIRN_ASSIGN_OR_RETURN(const bool is_source, source_.Owns(fs_, out_));
    if (is_source) {
      return InvalidArgumentError(StrCat(
          Escape(out_, 4096), ": source and copy would be the same files"));
    }
    if (options_.existing == Existing::kReplace) return OkStatus();
    CAIRN_ASSIGN_OR_RETURN(const bool exists, Exists());
    if (!exists) return OkStatus();
    return AlreadyExistsError(
        StrCat(Escape(out_, 4096), ": a checkpoint is there already"));
  }

  // Where it cannot be known, that is an error, not a no.
  StatusOr<bool> Exists() const {
    CAIRN_ASSIGN_OR_RETURN(const bool exists, state::FindCheckpoint(fs_, out_));
    if (exists) return true;
    const Status v1 = v1::FindV1Files(fs_, out_).status();
    if (absl::IsResourceExhausted(v1)) return v1;
    return v1.ok();
  }

  // File `i` of the output, as it would be called; "" beyond the last. One by
  // one: a header may claim a million shards.
  std::string FileName(int32_t i) const {
    const int32_t files = std::max(report_.num_shards, 1);
    if (format_ == inspect::Format::kBundle) {
      if (i == files) return bundle::IndexPath(out_);
      return i < files ? bundle::DataPath(out_, i, files) : "";
    }
    if (i >= files) return "";
    return IsShardedV1() ? ShardedFilename(out_, i, files) : out_;
  }

  // A file of the source must not be replaced even where the two checkpoints
  // are of different names: `m.index` is part of the bundle m, and may be what
  // a V1 file is to be called.
  Status CheckFileNames() const {
    std::vector<std::string> there;
    for (int32_t i = 0;; ++i) {
      std::string name = FileName(i);
      if (name.empty()) break;
      if (fs_.Exists(name)) there.push_back(std::move(name));
    }
    if (there.empty()) return OkStatus();
    std::set<std::string> names;
    std::map<FileIdentity, std::string> names_of;
    for (const std::string& file : source_.Files()) {
      CAIRN_ASSIGN_OR_RETURN(const auto identity, IdentityOf(fs_, file));
      if (identity) names_of.emplace(*identity, file);
      names.insert(file);
    }
    for (const std::string& name : there) {
      CAIRN_ASSIGN_OR_RETURN(const auto identity, IdentityOf(fs_, name));
      const auto same = identity ? names_of.find(*identity) : names_of.end();
      const bool by_name = names.contains(name);
      if (!by_name && same == names_of.end()) continue;
      return InvalidArgumentError(StrCat(
          Escape(name, 4096), ": the copy would replace a file of its source",
          by_name ? "" : StrCat(", ", Escape(same->second, 4096))));
    }
    return OkStatus();
  }

  // Nobody asked for the graph of another checkpoint, or of none, to go. The
  // same one may be what a copy that was cut off has left.
  Status CheckMetaGraph() const {
    const std::string path = state::MetaGraphPath(out_);
    if (!options_.with_meta_graph || !fs_.Exists(path) ||
        options_.existing == Existing::kReplace) {
      return OkStatus();
    }
    const StatusOr<std::string> ours = ReadMetaGraph();
    if (absl::IsNotFound(ours.status())) return OkStatus();
    CAIRN_RETURN_IF_ERROR(ours.status());
    const StatusOr<std::string> there = fs_.ReadFile(path, kMaxMetaGraphBytes);
    if (there.ok() && *there == *ours) return OkStatus();
    return AlreadyExistsError(
        StrCat(Escape(path, 4096), ": another meta graph is there already"));
  }

  StatusOr<std::string> ReadMetaGraph() const {
    return fs_.ReadFile(state::MetaGraphPath(source_.path()),
                        kMaxMetaGraphBytes);
  }

  bool IsShardedV1() const {
    return report_.num_shards > 1 || source_.is_sharded_v1() ||
           options_.num_shards > 0 || options_.max_shard_size > 0;
  }

  Status CopyMetaGraph(Commit& commit) {
    if (!options_.with_meta_graph) return OkStatus();
    const StatusOr<std::string> bytes = ReadMetaGraph();
    if (absl::IsNotFound(bytes.status())) return OkStatus();
    CAIRN_RETURN_IF_ERROR(bytes.status());
    CAIRN_ASSIGN_OR_RETURN(WritableFile* const file,
                           commit.Create(state::MetaGraphPath(out_)));
    CAIRN_RETURN_IF_ERROR(file->Append(*bytes));
    report_.meta_graph = true;
    return OkStatus();
  }

  void Advance(const Item& item) {
    ++progress_.tensors;
    progress_.bytes += static_cast<uint64_t>(item.bytes);
    if (options_.supervision.on_progress) {
      options_.supervision.on_progress(progress_);
    }
  }

  // --- bundles ---

  Status WriteBundle(Commit& commit) {
    bundle::BundleWriterOptions how;
    how.data_alignment = options_.data_alignment;
    how.endianness = options_.endianness.value_or(source_.endianness());
    how.min_shards = report_.num_shards;
    how.overwrite = options_.overwrite;
    how.supervision.stop = options_.supervision.stop;
    CAIRN_ASSIGN_OR_RETURN(auto writer,
                           bundle::BundleWriter::Create(commit, out_, how));
    for (const Item* item : InWritingOrder()) {
      CAIRN_RETURN_IF_ERROR(
          Annotate(source_.AddTo(*writer, *item),
                   StrCat("copying tensor ", Escape(item->name))));
      Advance(*item);
    }
    report_.path = out_;
    CAIRN_RETURN_IF_ERROR(writer->Finish());
    report_.num_shards = writer->num_shards();
    return OkStatus();
  }

  // Per shard in the order of the list, and the pieces of each tensor in the
  // order in which it lists them, as far as the two agree.
  std::vector<const Item*> InWritingOrder() const {
    std::map<int32_t, std::deque<const Item*>> shards;
    for (const Item& item : items_) shards[item.shard].push_back(&item);
    std::vector<int32_t> ready;
    for (const auto& [shard, queue] : shards) ready.push_back(shard);
    std::map<std::string_view, size_t> next_piece;
    // Shards by the piece that is the next in them, and not of its tensor.
    std::map<std::pair<std::string_view, size_t>, int32_t> waiting;
    std::vector<const Item*> order;
    order.reserve(items_.size());
    for (;;) {
      while (!ready.empty()) {
        const int32_t shard = ready.back();
        ready.pop_back();
        for (auto& queue = shards[shard]; !queue.empty(); queue.pop_front()) {
          const Item& item = *queue.front();
          if (item.slice) {
            size_t& next = next_piece[item.name];
            if (item.piece != next) {
              waiting[{item.name, item.piece}] = shard;
              break;
            }
            const auto waits = waiting.find({item.name, ++next});
            if (waits != waiting.end()) {
              ready.push_back(waits->second);
              waiting.erase(waits);
            }
          }
          order.push_back(&item);
        }
      }
      if (waiting.empty()) return order;
      // The source lists pieces in an order no writer can have met.
      const auto first = waiting.begin();
      next_piece[first->first.first] = first->first.second;
      ready.push_back(first->second);
      waiting.erase(first);
    }
  }

  // --- V1 ---

  Status WriteV1(Commit& commit) {
    if (options_.endianness.has_value()) {
      return InvalidArgumentError("V1 checkpoints have no byte order");
    }
    if (options_.data_alignment != 1) {
      return InvalidArgumentError(
          StrCat("V1 checkpoints have no alignment, asked for was ",
                 options_.data_alignment));
    }
    if (options_.overwrite == bundle::Overwrite::kByFileCount) {
      return InvalidArgumentError(
          "only bundles are overwritten by another number of data files");
    }
    const bool is_sharded = IsShardedV1();
    const int32_t files = std::max(report_.num_shards, 1);
    if (is_sharded && files >= v1::kMaxShards) {
      return InvalidArgumentError(StrCat(files, " V1 files, at most ",
                                         v1::kMaxShards - 1, " can be named"));
    }
    report_.path = is_sharded ? v1::ShardedPattern(out_, files) : out_;
    std::map<int32_t, std::vector<const Item*>> items_of;
    for (const Item& item : items_) items_of[item.shard].push_back(&item);
    for (int32_t file = 0; file < files; ++file) {
      CAIRN_ASSIGN_OR_RETURN(
          auto writer,
          v1::V1Writer::Create(
              commit, is_sharded ? ShardedFilename(out_, file, files) : out_));
      for (const Item* item : items_of[file]) {
        CAIRN_RETURN_IF_ERROR(source_.AddTo(*writer, *item, [this](auto& it) {
          CAIRN_RETURN_IF_ERROR(
              CheckStop(options_.supervision, Escape(out_, 4096)));
          Advance(it);
          return OkStatus();
        }));
      }
      CAIRN_RETURN_IF_ERROR(writer->Finish());
    }
    return OkStatus();
  }

  FileSystem& fs_;
  const Source& source_;
  const std::string out_;
  const CopyOptions& options_;
  inspect::Format format_ = inspect::Format::kBundle;
  std::vector<Item> items_;
  Progress progress_;
  CopyReport report_;
};

}  // namespace

StatusOr<CopyReport> CopyCheckpoint(FileSystem& fs, const inspect::Target& from,
                                    const std::string& out,
                                    const CopyOptions& options) {
  return GuardMemory(out, [&]() -> StatusOr<CopyReport> {
    CAIRN_RETURN_IF_ERROR(CheckOptions(options));
    CAIRN_ASSIGN_OR_RETURN(const std::unique_ptr<Source> source,
                           Source::Open(fs, from));
    return Copier(fs, *source, out, options).Run();
  });
}

}  // namespace cairn::convert

// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
//
// In order of key nothing is collected: the index is walked twice, once to
// learn how wide the columns are and once to print. Any other order needs the
// entries in memory.
#include "cairn/cli/ls_command.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <functional>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <utility>

#include "cairn/base/strings.h"
#include "cairn/cli/locate_note.h"
#include "cairn/cli/text.h"
#include "cairn/inspect/locate.h"
#include "cairn/tensor/dtype.h"

namespace cairn::cli {
namespace {

using inspect::CheckpointSource;
using inspect::Entry;
using inspect::Piece;
using inspect::Place;
using Json = nlohmann::ordered_json;

std::map<std::string, LsSort> Orders() {
  return {{"key", LsSort::kKey},
          {"bytes", LsSort::kBytes},
          {"offset", LsSort::kOffset},
          {"dtype", LsSort::kDtype}};
}

bool IsWanted(std::string_view key, const LsOptions& options) {
  if (options.filters.empty()) return true;
  return std::ranges::any_of(options.filters, [&](const std::string& glob) {
    return MatchesGlob(glob, key);
  });
}

// What went wrong on the way: the first few, for the user, and how many.
class Problems {
 public:
  void Add(Status status) {
    exit_code_ = std::max(exit_code_, ExitCodeFor(status));
    if (++count_ <= kShown) shown_.push_back(std::move(status));
  }
  void Add(const Problems& others) {
    for (const Status& status : others.shown_) Add(status);
    count_ += others.count_ - others.shown_.size();
    exit_code_ = std::max(exit_code_, others.exit_code_);
  }
  bool empty() const { return count_ == 0; }
  int ReportTo(Console& console) const {
    for (const Status& status : shown_) Report(status, console);
    if (count_ > shown_.size()) {
      console.Note(StrCat("and ", count_ - shown_.size(), " more like these"));
    }
    return exit_code_;
  }

 private:
  static constexpr size_t kShown = 20;
  std::vector<Status> shown_;
  uint64_t count_ = 0;
  int exit_code_ = kExitOk;
};

// What one walk found besides the entries it passed on.
struct Walk {
  uint64_t entries = 0;
  uint64_t bytes = 0;
  Problems problems;
};

// Calls `visit` with each wanted entry until it returns false.
Walk ForEachWanted(const CheckpointSource& source, const LsOptions& options,
                   const std::function<bool(const Entry&)>& visit) {
  Walk walk;
  auto it = source.NewIterator();
  for (; it->Valid(); it->Next()) {
    if (!IsWanted(it->key(), options)) continue;
    const StatusOr<Entry> entry = it->entry();
    if (!entry.ok()) {
      walk.problems.Add(entry.status());
      continue;
    }
    ++walk.entries;
    walk.bytes += static_cast<uint64_t>(entry->bytes);
    if (!visit(*entry)) break;
  }
  if (!it->status().ok()) walk.problems.Add(it->status());
  return walk;
}

// Where the bytes of an entry begin, for sorting.
std::pair<int32_t, int64_t> FirstPlace(const Entry& entry) {
  std::optional<Place> place = entry.place;
  if (!entry.pieces.empty()) place = entry.pieces.front().place;
  return place ? std::pair(place->shard, place->offset)
               : std::pair(0, int64_t{0});
}

void Sort(std::vector<Entry>& entries, const LsOptions& options) {
  switch (options.sort) {
    case LsSort::kKey:
      break;
    case LsSort::kBytes:
      std::ranges::stable_sort(entries, std::greater<>(), &Entry::bytes);
      break;
    case LsSort::kOffset:
      std::ranges::stable_sort(entries, {}, FirstPlace);
      break;
    case LsSort::kDtype:
      std::ranges::stable_sort(entries, {}, [](const Entry& entry) {
        return DataTypeName(entry.dtype);
      });
      break;
  }
  if (options.reverse) std::ranges::reverse(entries);
}

// Entries in the order asked for, as often as they are needed.
class Listing {
 public:
  Listing(const CheckpointSource& source, const LsOptions& options)
      : source_(source), options_(options) {
    if (options.sort == LsSort::kKey && !options.reverse) return;
    collected_ = ForEachWanted(source, options, [&](const Entry& entry) {
      entries_.push_back(entry);
      return true;
    });
    Sort(entries_, options);
  }

  Walk ForEach(const std::function<bool(const Entry&)>& visit) const {
    if (!collected_) return ForEachWanted(source_, options_, visit);
    for (const Entry& entry : entries_) {
      if (!visit(entry)) break;
    }
    return *collected_;
  }

 private:
  const CheckpointSource& source_;
  const LsOptions& options_;
  std::optional<Walk> collected_;
  std::vector<Entry> entries_;
};

void AddPlace(Json& json, const std::optional<Place>& place) {
  if (!place) return;
  json["shard"] = place->shard;
  json["offset"] = place->offset;
  json["crc32c"] = Hex(place->crc32c, 8);
}

Json ShapeJson(const Shape& shape) {
  return std::vector<int64_t>(shape.dims().begin(), shape.dims().end());
}

Json EntryJson(const Entry& entry) {
  Json json;
  if (IsUtf8(entry.key)) {
    json["key"] = entry.key;
  } else {
    json["key_base64"] = Base64(entry.key);
  }
  json["dtype"] = DataTypeName(entry.dtype);
  json["shape"] = ShapeJson(entry.shape);
  json["bytes"] = entry.bytes;
  AddPlace(json, entry.place);
  for (const Piece& piece : entry.pieces) {
    Json& slice = json["slices"].emplace_back();
    slice["spec"] = piece.slice.ToString();
    slice["shape"] = ShapeJson(piece.shape);
    if (piece.place) slice["bytes"] = piece.place->bytes;
    AddPlace(slice, piece.place);
  }
  return json;
}

// Hashes entries and remembers what went wrong.
class Hasher {
 public:
  Hasher(const CheckpointSource& source, Console& console, uint64_t total)
      : source_(source), progress_(console, "hashing", total) {}

  // Empty when the tensor cannot be read.
  std::string Hash(const Entry& entry, Problems& problems) {
    StatusOr<std::string> digest = inspect::TensorSha256(
        source_, entry, [&](uint64_t bytes) { progress_.Advance(bytes); });
    if (digest.ok()) return *std::move(digest);
    problems.Add(digest.status());
    return "";
  }

 private:
  const CheckpointSource& source_;
  Progress progress_;
};

Walk PrintJson(const Listing& listing, const CheckpointSource& source,
               const LsOptions& options, Console& console) {
  std::optional<Hasher> hasher;
  if (options.sha256) {
    const Walk all = listing.ForEach([](const Entry&) { return true; });
    hasher.emplace(source, console, all.bytes);
  }
  Problems hashing;
  Walk walk = listing.ForEach([&](const Entry& entry) {
    Json json = EntryJson(entry);
    if (hasher) {
      const std::string digest = hasher->Hash(entry, hashing);
      json["sha256"] = digest.empty() ? Json() : Json(digest);
    }
    console.out << json.dump() << "\n";
    return console.out.good();
  });
  walk.problems.Add(hashing);
  return walk;
}

class EntryTable {
 public:
  EntryTable(const LsOptions& options, bool has_place)
      : options_(options), has_place_(has_place), table_(Columns()) {}

  void Measure(const Entry& entry) {
    // Hashes all have one width: those of the first row will do.
    ForEachRow(entry, "", [&](const auto& cells) { table_.Measure(cells); });
  }
  std::string Head() const { return table_.Head(); }
  void Print(const Entry& entry, const std::string& digest,
             std::ostream& out) const {
    ForEachRow(entry, digest,
               [&](const auto& cells) { out << table_.Row(cells) << "\n"; });
  }

 private:
  using Cells = std::vector<std::string>;

  std::vector<Table::Column> Columns() const {
    constexpr Table::Align kRight = Table::Align::kRight;
    std::vector<Table::Column> columns = {
        {"KEY"}, {"DTYPE"}, {"SHAPE"}, {"BYTES", kRight}};
    if (has_place_) {
      columns.push_back({"SHARD", kRight});
      columns.push_back({"OFFSET", kRight});
      columns.push_back({"CRC32C"});
    }
    if (options_.sha256) columns.push_back({"SHA256"});
    return columns;
  }

  std::string Bytes(int64_t bytes) const {
    const auto size = static_cast<uint64_t>(bytes);
    return options_.human ? HumanBytes(size) : WithThousands(size);
  }

  void AddPlaceCells(Cells& cells, const std::optional<Place>& place) const {
    if (!has_place_) return;
    cells.push_back(place ? StrCat(place->shard) : "");
    cells.push_back(place ? WithThousands(static_cast<uint64_t>(place->offset))
                          : "");
    cells.push_back(place ? Hex(place->crc32c, 8) : "");
  }

  void ForEachRow(const Entry& entry, const std::string& digest,
                  const std::function<void(const Cells&)>& row) const {
    Cells cells = {Printable(entry.key), DataTypeName(entry.dtype),
                   entry.shape.ToString(), Bytes(entry.bytes)};
    AddPlaceCells(cells, entry.place);
    if (options_.sha256) cells.push_back(digest);
    row(cells);
    for (const Piece& piece : entry.pieces) {
      Cells part = {StrCat("  slice ", piece.slice.ToString()), "",
                    piece.shape.ToString(),
                    piece.place ? Bytes(piece.place->bytes) : ""};
      AddPlaceCells(part, piece.place);
      if (options_.sha256) part.emplace_back();
      row(part);
    }
  }

  const LsOptions& options_;
  const bool has_place_;
  Table table_;
};

std::string Totals(const Walk& walk, const CheckpointSource& source,
                   const LsOptions& options) {
  std::string text =
      StrCat(Count(walk.entries, "tensor"), ", ",
             options.human ? HumanBytes(walk.bytes)
                           : StrCat(WithThousands(walk.bytes), " bytes"));
  const auto shards = static_cast<uint64_t>(source.num_shards());
  if (source.format() == inspect::Format::kBundle || shards > 1) {
    text += StrCat(" in ", Count(shards, "shard"));
  }
  return text;
}

Walk PrintTable(const Listing& listing, const CheckpointSource& source,
                const LsOptions& options, Console& console) {
  // A V1 file has no places: its values are encoded among other things.
  const bool has_place = source.format() == inspect::Format::kBundle &&
                         (options.place || source.num_shards() > 1);
  EntryTable table(options, has_place);
  const Walk measured = listing.ForEach([&](const Entry& entry) {
    table.Measure(entry);
    return true;
  });
  if (measured.entries > 0) {
    console.out << console.Bold(table.Head()) << "\n";
  }
  std::optional<Hasher> hasher;
  if (options.sha256) hasher.emplace(source, console, measured.bytes);
  Problems hashing;
  Walk walk = listing.ForEach([&](const Entry& entry) {
    table.Print(entry, hasher ? hasher->Hash(entry, hashing) : "", console.out);
    return console.out.good();
  });
  console.out << Totals(measured, source, options) << "\n";
  walk.problems.Add(hashing);
  return walk;
}

// That hashing will not read the same bytes again and again. The source is
// asked only where what is listed has more bytes than the files.
Status CheckWork(const Listing& listing, const CheckpointSource& source) {
  CAIRN_ASSIGN_OR_RETURN(const std::vector<inspect::StoredFile> files,
                         source.Files());
  uint64_t stored = 0;
  for (const inspect::StoredFile& file : files) stored += file.bytes;
  const Walk wanted = listing.ForEach([](const Entry&) { return true; });
  return wanted.bytes > stored ? source.CheckClaims() : OkStatus();
}

}  // namespace

void DeclareLs(CLI::App& verb, LsOptions& options) {
  verb.add_option("PATH", options.path, kPathHelp)->required();
  verb.add_flag("--json", options.json, "One JSON object a line");
  verb.add_flag("--sha256", options.sha256,
                "Also the SHA-256 of each tensor's little-endian bytes; this "
                "reads all data and verifies its checksums");
  verb.add_flag("-l,--long", options.place,
                "Also shard, offset and CRC-32C (always shown with several "
                "shards)");
  verb.add_flag("-H,--human", options.human, "Sizes as 215.7 KiB");
  verb.add_option_function<std::string>(
          "--sort",
          [&options](const std::string& order) {
            options.sort = Orders().at(order);
          },
          "key (default), bytes (largest first), offset or dtype")
      ->check(CLI::IsMember(Orders()).description(""))
      ->type_name("ORDER");
  verb.add_flag("-r,--reverse", options.reverse, "The other way round");
  verb.add_option("--filter", options.filters,
                  "Only keys that match; * matches anything, also /. May be "
                  "given several times")
      ->type_name("GLOB")
      ->allow_extra_args(false);
  verb.footer(
      "Examples:\n"
      "  cairn ls tf_ckpt                         the latest checkpoint there\n"
      "  cairn ls tf_ckpt_v2/ckpt-2 --sort bytes  largest tensors first\n"
      "  cairn ls model.index --filter 'conv*'    some of them\n"
      "  cairn ls model --json --sha256 > a.jsonl to compare with another\n"
      "\n"
      "Exit status: 0 listed; 1 something is damaged, or no key matches;\n"
      "2 wrong use or not readable.");
}

int RunLs(FileSystem& fs, const LsOptions& options, Console& console) {
  const auto target = inspect::LocateCheckpoint(fs, options.path);
  if (!target.ok()) return Report(target.status(), console);
  NoteTarget(*target, console);
  const auto source = CheckpointSource::Open(fs, *target);
  if (!source.ok()) return Report(source.status(), console);
  return ListEntries(**source, options, console);
}

int ListEntries(const CheckpointSource& source, const LsOptions& options,
                Console& console) {
  const Listing listing(source, options);
  if (options.sha256) {
    const Status bounded = CheckWork(listing, source);
    if (!bounded.ok()) return Report(bounded, console);
  }
  const Walk walk = options.json
                        ? PrintJson(listing, source, options, console)
                        : PrintTable(listing, source, options, console);
  if (walk.entries == 0 && !options.filters.empty() && walk.problems.empty()) {
    console.Note(StrCat(Printable(source.path()), ": no key matches ",
                        Join(options.filters, " or ")));
    return kExitNo;
  }
  return walk.problems.ReportTo(console);
}

}  // namespace cairn::cli

// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
#include "cairn/cli/copy_command.h"

#include <CLI/CLI.hpp>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <utility>

#include "cairn/base/strings.h"
#include "cairn/bundle/writer.h"
#include "cairn/cli/interrupt.h"
#include "cairn/cli/locate_note.h"
#include "cairn/cli/text.h"
#include "cairn/inspect/directory.h"
#include "cairn/inspect/locate.h"
#include "cairn/state/checkpoint_state.h"

namespace cairn::cli {
namespace {

using Json = nlohmann::ordered_json;

std::map<std::string, inspect::Format> Formats() {
  return {{"v1", inspect::Format::kV1}, {"v2", inspect::Format::kBundle}};
}

std::map<std::string, bundle::Endianness> Orders() {
  return {{"little", bundle::Endianness::kLittle},
          {"big", bundle::Endianness::kBig}};
}

std::map<std::string, bundle::Overwrite> Overwritings() {
  return {{"journal", bundle::Overwrite::kByJournal},
          {"file-count", bundle::Overwrite::kByFileCount}};
}

// In a directory the copy gets the source's name. InvalidArgument for what is
// likely to be a mistake: nothing, or the name of a file where a prefix is
// asked for (`out/m.index` would become out/m.index.index).
StatusOr<std::string> OutputPath(FileSystem& fs, const std::string& out,
                                 const std::string& source) {
  if (out.empty()) return InvalidArgumentError("copy: OUT is empty");
  if (!out.ends_with('/') && !fs.IsDirectory(out)) {
    const std::string prefix = inspect::PrefixOfFileName(out);
    if (prefix.empty()) return out;
    return InvalidArgumentError(
        StrCat("copy: OUT is a prefix, not a file's name; did you mean ",
               Escape(prefix, 4096), "?"));
  }
  // Of a sharded V1 checkpoint without the pattern.
  const std::string meta = state::MetaGraphPath(source);
  const std::string_view name = BaseName(meta);
  return JoinPath(out, name.substr(0, name.size() - 5));
}

void PrintJson(const convert::CopyReport& report, Console& console) {
  const Json json = {{"path", Utf8(report.path)},
                     {"tensors", report.tensors},
                     {"bytes", report.bytes},
                     {"shards", report.num_shards},
                     {"meta_graph", report.meta_graph}};
  console.out << json.dump() << "\n";
}

}  // namespace

void DeclareCopy(CLI::App& verb, CopyCommandOptions& options) {
  verb.add_option("PATH", options.path, kPathHelp)->required();
  verb.add_option("OUT", options.out,
                  "The copy's prefix, or a directory: then the copy has the "
                  "same name in it")
      ->required();
  auto* shards = verb.add_option("--shards", options.how.num_shards,
                                 "So many data files of about equal size")
                     ->check(CLI::Range(1, bundle::kMaxShards).description(""))
                     ->type_name("N");
  verb.add_option("--max-shard-size", options.how.max_shard_size,
                  "A data file is ended before it would exceed this: bytes, or "
                  "like 500MB, 2GiB. A larger tensor gets one of its own")
      ->transform(CLI::AsSizeValue(true).description(""))
      ->type_name("SIZE")
      ->excludes(shards);
  verb.add_option_function<std::string>(
          "--format",
          [&options](const std::string& name) {
            options.how.format = Formats().at(name);
          },
          "v1 or v2; the source's by default")
      ->check(CLI::IsMember(Formats()).description(""))
      ->type_name("FORMAT");
  verb.add_option_function<std::string>(
          "--endian",
          [&options](const std::string& name) {
            options.how.endianness = Orders().at(name);
          },
          "little or big; the source's by default")
      ->check(CLI::IsMember(Orders()).description(""))
      ->type_name("ORDER");
  verb.add_option("--align", options.how.data_alignment,
                  "Every tensor begins at a multiple of so many bytes")
      ->check(CLI::Range(int64_t{1}, bundle::kMaxDataAlignment).description(""))
      ->type_name("BYTES");
  verb.add_flag_function(
      "--overwrite",
      [&options](int64_t) {
        options.how.existing = convert::Existing::kReplace;
      },
      "Replace a checkpoint of that name");
  verb.add_option_function<std::string>(
          "--overwrite-by",
          [&options](const std::string& name) {
            options.how.existing = convert::Existing::kReplace;
            options.how.overwrite = Overwritings().at(name);
          },
          "The same, and how: journal (as --overwrite), or file-count: another "
          "number of data files, so that every program finds the old or the "
          "new at every instant")
      ->check(CLI::IsMember(Overwritings()).description(""))
      ->type_name("HOW");
  verb.add_flag_function(
      "--no-meta", [&options](int64_t) { options.how.with_meta_graph = false; },
      "Leave the .meta file behind");
  verb.add_flag("--json", options.json, "Tell what was written as JSON");
  verb.footer(
      "Every checksum is verified on the way. Without options the copy of "
      "what\n"
      "TensorFlow wrote has the same bytes. No checkpoint file is touched.\n"
      "\n"
      "Examples:\n"
      "  cairn copy tf_ckpt backup/           the latest, under its name\n"
      "  cairn copy ckpt-2 out/ckpt-2 --max-shard-size 2GiB\n"
      "  cairn copy old.ckpt new --format v2  from the single-file format\n"
      "\n"
      "Exit status: 0 copied; 1 the source is damaged; 2 wrong use, not\n"
      "readable, or the copy cannot be written.");
}

int RunCopy(FileSystem& fs, const CopyCommandOptions& options,
            Console& console) {
  const auto target = inspect::LocateCheckpoint(fs, options.path);
  if (!target.ok()) return Report(target.status(), console);
  NoteTarget(*target, console);
  const auto out = OutputPath(fs, options.out, target->path);
  if (!out.ok()) return Report(out.status(), console);
  convert::CopyOptions how = options.how;
  std::optional<Progress> progress;
  uint64_t shown = 0;
  how.supervision.on_progress = [&](const cairn::Progress& now) {
    if (!progress) progress.emplace(console, "copying", now.total_bytes);
    progress->Advance(now.bytes - std::exchange(shown, now.bytes));
  };
  Interrupt interrupt;
  how.supervision.stop = interrupt.token();
  const auto report = convert::CopyCheckpoint(fs, *target, *out, how);
  progress.reset();
  if (absl::IsCancelled(report.status())) {
    console.Note("interrupted; nothing was written");
    interrupt.EndBySignalLater();
    return kExitTrouble;
  }
  if (absl::IsAlreadyExists(report.status())) {
    console.Note(StrCat(Message(report.status()), "; --overwrite replaces it"));
    return kExitTrouble;
  }
  if (!report.ok()) return Report(report.status(), console);
  if (options.json) {
    PrintJson(*report, console);
    return kExitOk;
  }
  console.out << console.Bold(Printable(report->path)) << ": "
              << Count(report->tensors, "tensor") << ", "
              << WithThousands(report->bytes) << " bytes in "
              << Count(static_cast<uint64_t>(report->num_shards), "shard")
              << (report->meta_graph ? ", and the meta graph" : "") << "\n";
  return kExitOk;
}

}  // namespace cairn::cli

// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
#include "cairn/cli/verify_command.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <nlohmann/json.hpp>
#include <optional>
#include <utility>

#include "cairn/base/strings.h"
#include "cairn/cli/locate_note.h"
#include "cairn/cli/text.h"
#include "cairn/inspect/directory.h"
#include "cairn/inspect/locate.h"
#include "cairn/inspect/verify.h"

namespace cairn::cli {
namespace {

using inspect::Finding;
using inspect::Target;
using inspect::VerifyReport;
using Json = nlohmann::ordered_json;

const char* KindName(Finding::Kind kind) {
  return kind == Finding::Kind::kDamage ? "damage" : "note";
}

void PrintJson(const Target& target, const VerifyReport& report,
               Console& console) {
  Json json = {{"path", Utf8(target.path)},   {"intact", report.intact()},
               {"tensors", report.tensors},   {"bytes", report.bytes},
               {"shards", report.num_shards}, {"damages", report.damages},
               {"notes", report.notes},       {"findings", Json::array()}};
  for (const Finding& finding : report.findings) {
    json["findings"].push_back(
        {{"kind", KindName(finding.kind)}, {"text", Utf8(finding.text)}});
  }
  console.out << json.dump() << "\n";
}

void PrintText(const Target& target, const VerifyReport& report,
               Console& console) {
  console.out << console.Bold(Printable(target.path)) << ": "
              << (report.intact() ? "intact" : "DAMAGED") << "; "
              << Count(report.tensors, "tensor") << ", "
              << WithThousands(report.bytes) << " bytes\n";
  for (const Finding& finding : report.findings) {
    console.out << "  " << KindName(finding.kind) << ": "
                << Printable(finding.text) << "\n";
  }
  const uint64_t all = report.damages + report.notes;
  if (all > report.findings.size()) {
    console.out << "  and " << all - report.findings.size()
                << " more like these\n";
  }
}

int VerifyOne(FileSystem& fs, const Target& target,
              const VerifyCommandOptions& options, Console& console) {
  inspect::VerifyOptions how = {.threads = options.threads, .supervision = {}};
  std::optional<Progress> progress;
  uint64_t shown = 0;
  how.supervision.on_progress = [&](const cairn::Progress& now) {
    if (!progress) {
      progress.emplace(console, "verifying", now.total_bytes);
    }
    progress->Advance(now.bytes - std::exchange(shown, now.bytes));
  };
  const auto report = inspect::VerifyCheckpoint(fs, target, how);
  progress.reset();
  if (!report.ok()) return Report(report.status(), console);
  (options.json ? PrintJson : PrintText)(target, *report, console);
  return report->intact() ? kExitOk : kExitNo;
}

// The checkpoints that `path` stands for.
StatusOr<std::vector<Target>> TargetsOf(FileSystem& fs, const std::string& path,
                                        const VerifyCommandOptions& options,
                                        Console& console) {
  std::vector<Target> targets;
  if (options.all && fs.IsDirectory(path)) {
    CAIRN_ASSIGN_OR_RETURN(targets, inspect::LocateAll(fs, path));
    if (!targets.empty()) return targets;
  }
  CAIRN_ASSIGN_OR_RETURN(Target target, inspect::LocateCheckpoint(fs, path));
  NoteTarget(target, console);
  targets.push_back(std::move(target));
  return targets;
}

}  // namespace

void DeclareVerify(CLI::App& verb, VerifyCommandOptions& options) {
  verb.add_option("PATH", options.paths, kPathHelp)->required();
  verb.add_flag("-a,--all", options.all,
                "Of a directory every checkpoint, not only the latest");
  verb.add_flag("--json", options.json, "One JSON object a checkpoint");
  verb.add_option("--threads", options.threads,
                  "How many threads read; as many as the machine has by "
                  "default")
      ->check(CLI::Range(0, 1024).description(""))
      ->type_name("N");
  verb.footer(
      "Every byte is read: all checksums, the structure of the index, pieces\n"
      "of partitioned tensors, the object graph, and the .meta and checkpoint\n"
      "files beside it. A note is harmless, damage is not.\n"
      "\n"
      "Examples:\n"
      "  cairn verify tf_ckpt              the latest checkpoint there\n"
      "  cairn verify --all tf_ckpt_v2     all of them\n"
      "  cairn verify --json model ckpt-2\n"
      "\n"
      "Exit status: 0 intact; 1 damaged; 2 wrong use or not readable.");
}

int RunVerify(FileSystem& fs, const VerifyCommandOptions& options,
              Console& console) {
  int worst = kExitOk;
  for (const std::string& path : options.paths) {
    const auto targets = TargetsOf(fs, path, options, console);
    if (!targets.ok()) {
      worst = std::max(worst, Report(targets.status(), console));
      continue;
    }
    for (const Target& target : *targets) {
      worst = std::max(worst, VerifyOne(fs, target, options, console));
    }
  }
  return worst;
}

}  // namespace cairn::cli

// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
#include "cairn/cli/state_command.h"

#include <CLI/CLI.hpp>
#include <cmath>
#include <ctime>
#include <nlohmann/json.hpp>
#include <utility>
#include <vector>

#include "cairn/base/strings.h"
#include "cairn/cli/text.h"

namespace cairn::cli {
namespace {

using Json = nlohmann::ordered_json;
using state::CheckpointState;

// A number, or a string for what JSON has no number for.
Json NumberJson(double value) {
  if (std::isnan(value)) return "NaN";
  if (std::isinf(value)) return value > 0 ? "Infinity" : "-Infinity";
  return value;
}

// The fields that the file has: proto3 text leaves out what is empty or zero.
Json StateJson(const CheckpointState& state) {
  Json json = Json::object();
  if (!state.model_checkpoint_path.empty()) {
    json["model_checkpoint_path"] = Utf8(state.model_checkpoint_path);
  }
  for (const std::string& path : state.all_model_checkpoint_paths) {
    json["all_model_checkpoint_paths"].push_back(Utf8(path));
  }
  for (const double time : state.all_model_checkpoint_timestamps) {
    json["all_model_checkpoint_timestamps"].push_back(NumberJson(time));
  }
  if (state.last_preserved_timestamp != 0) {
    json["last_preserved_timestamp"] =
        NumberJson(state.last_preserved_timestamp);
  }
  return json;
}

// "2019-12-18 04:01:42 UTC".
std::string TimeText(double unix_seconds) {
  if (!(unix_seconds > -6e10 && unix_seconds < 2.5e11)) {
    return PythonRepr(unix_seconds);
  }
  const auto seconds = static_cast<std::time_t>(std::floor(unix_seconds));
  std::tm parts{};
  gmtime_r(&seconds, &parts);
  char text[64];
  const size_t size =
      std::strftime(text, sizeof text, "%Y-%m-%d %H:%M:%S UTC", &parts);
  return std::string(text, size);
}

class StateReport {
 public:
  StateReport(FileSystem& fs, std::string dir, const CheckpointState& state)
      : fs_(fs), dir_(std::move(dir)), state_(state) {}

  // Whether the latest checkpoint exists.
  bool Print(Console& console) const {
    const std::string& latest = state_.model_checkpoint_path;
    if (latest.empty()) {
      console.out << "latest: none\n";
    } else {
      console.out << "latest: " << console.Bold(Printable(latest))
                  << (IsThere(latest) ? "" : " (missing)") << "\n";
    }
    PrintList(console);
    if (state_.last_preserved_timestamp != 0) {
      console.out << "last preserved: "
                  << TimeText(state_.last_preserved_timestamp) << "\n";
    }
    return !latest.empty() && IsThere(latest);
  }

 private:
  bool IsThere(const std::string& path) const {
    return state::CheckpointExists(fs_, JoinPath(dir_, path));
  }

  void PrintList(Console& console) const {
    Table table({{""}, {"CHECKPOINT"}, {"SAVED"}, {""}});
    const auto& paths = state_.all_model_checkpoint_paths;
    if (paths.empty()) return;
    std::vector<std::vector<std::string>> rows;
    for (size_t i = 0; i < paths.size(); ++i) {
      const auto& times = state_.all_model_checkpoint_timestamps;
      rows.push_back({paths[i] == state_.model_checkpoint_path ? "*" : " ",
                      Printable(paths[i]),
                      i < times.size() ? TimeText(times[i]) : "-",
                      IsThere(paths[i]) ? "" : "missing"});
      table.Measure(rows.back());
    }
    console.out << console.Bold(table.Head()) << "\n";
    for (const auto& row : rows) console.out << table.Row(row) << "\n";
    console.out << Count(paths.size(), "checkpoint") << "\n";
  }

  FileSystem& fs_;
  const std::string dir_;
  const CheckpointState& state_;
};

}  // namespace

StatusOr<StatePlace> FindStateFile(FileSystem& fs, const std::string& path) {
  CAIRN_ASSIGN_OR_RETURN(const FileInfo info, fs.Stat(path));
  if (info.kind == FileInfo::Kind::kDirectory) {
    return StatePlace{path, std::string(state::kDefaultStateFile)};
  }
  return StatePlace{std::string(DirName(path)), std::string(BaseName(path))};
}

void DeclareState(CLI::App& verb, StateOptions& options) {
  // Not required as CLI11 means it: it would take a verb for the directory.
  verb.add_option("DIR", options.path,
                  "A directory with a checkpoint file, or that file");
  verb.parse_complete_callback([&options] {
    if (options.verb == StateOptions::Verb::kShow && options.path.empty()) {
      throw CLI::RequiredError("DIR");
    }
  });
  const auto add = [&](const char* name, const char* what, auto declare,
                       auto& verb_options, StateOptions::Verb which) {
    CLI::App* below = verb.add_subcommand(name, what);
    declare(*below, verb_options);
    below->preparse_callback(
        [&options, which](size_t) { options.verb = which; });
  };
  add("relocate", "Mend the paths after the directory was moved",
      DeclareRelocate, options.relocate, StateOptions::Verb::kRelocate);
  add("prune", "Remove checkpoints that a policy does not keep", DeclarePrune,
      options.prune, StateOptions::Verb::kPrune);
  verb.require_subcommand(0, 1);
  verb.add_flag("--json", options.json,
                "The fields as they stand in the file, one JSON object");
  verb.footer(
      "Examples:\n"
      "  cairn state tf_ckpt_v2\n"
      "  cairn state tf_ckpt_v2 --json\n"
      "  cairn state relocate moved --relative\n"
      "  cairn state prune tf_ckpt_v2 --policy latest:3 --dry-run\n"
      "\n"
      "Exit status: 0 printed; 1 the file is damaged, or its latest is not\n"
      "there (not with --json); 2 wrong use or not readable.");
}

int RunState(FileSystem& fs, const StateOptions& options, Console& console) {
  switch (options.verb) {
    case StateOptions::Verb::kRelocate:
      return RunRelocate(fs, options.relocate, console);
    case StateOptions::Verb::kPrune:
      return RunPrune(fs, options.prune, console);
    case StateOptions::Verb::kShow:
      break;
  }
  const StatusOr<StatePlace> place = FindStateFile(fs, options.path);
  if (!place.ok()) return Report(place.status(), console);
  const std::string& dir = place->dir;
  const std::string& file_name = place->file_name;
  const StatusOr<CheckpointState> state =
      state::ReadCheckpointState(fs, dir, file_name);
  if (!state.ok()) return Report(state.status(), console);
  if (options.json) {
    console.out << StateJson(*state).dump() << "\n";
    return kExitOk;
  }
  if (StateReport(fs, dir, *state).Print(console)) return kExitOk;
  console.Note(StrCat(JoinPath(dir, file_name),
                      state->model_checkpoint_path.empty()
                          ? ": names no latest checkpoint"
                          : ": its latest checkpoint is missing"));
  return kExitNo;
}

}  // namespace cairn::cli

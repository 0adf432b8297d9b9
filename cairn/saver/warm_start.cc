// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
#include "cairn/saver/warm_start.h"

#include <re2/re2.h>

#include <memory>
#include <set>
#include <utility>

#include "cairn/base/guard_memory.h"
#include "cairn/base/strings.h"
#include "cairn/saver/initializing.h"
#include "cairn/saver/name_list.h"
#include "cairn/saver/vocab_remap.h"

namespace cairn::saver {
namespace {

// Variables by name, in the order of the graph; parts of one together.
using Groups = std::vector<std::pair<std::string, std::vector<SaverPart>>>;

const Variable* VariableOf(const SaverPart& part) {
  return dynamic_cast<const Variable*>(part.object);
}

// The variable's, or of a slice its whole tensor's.
const std::string& NameOf(const SaverPart& part) {
  return part.slice ? part.slice->full_name : VariableOf(part)->name();
}

// Variables by name, each where the first of its name stands.
class Grouping {
 public:
  void Add(const SaverPart& part) {
    if (!seen_.insert(part.object).second) return;  // two expressions match it
    const auto [it, is_new] = at_.insert({NameOf(part), groups_.size()});
    if (is_new) groups_.push_back({NameOf(part), {}});
    groups_[it->second].second.push_back(part);
  }
  Groups Take() { return std::move(groups_); }

 private:
  Groups groups_;
  std::map<std::string, size_t> at_;
  std::set<const Trackable*> seen_;
};

StatusOr<std::unique_ptr<RE2>> Compile(const std::string& pattern) {
  RE2::Options quiet;
  quiet.set_log_errors(false);
  auto expression = std::make_unique<RE2>(pattern, quiet);
  if (expression->ok()) return expression;
  return InvalidArgumentError(
      StrCat("'", Escape(pattern),
             "' is no regular expression: ", expression->error()));
}

bool MatchesFromStart(const RE2& expression, const SaverPart& part) {
  const std::string name = StrCat(VariableOf(part)->name(), ":0");
  return expression.Match(name, 0, name.size(), RE2::ANCHOR_START, nullptr, 0);
}

// The graph's variables that the expression matches.
enum class Which { kTrainable, kAll };
Status AddMatching(const std::vector<SaverItem>& graph,
                   const std::string& pattern, Which which, Grouping& groups) {
  CAIRN_ASSIGN_OR_RETURN(const auto expression, Compile(pattern));
  for (const SaverItem& item : graph) {
    for (const SaverPart& part : item.parts) {
      if (which == Which::kTrainable && !VariableOf(part)->trainable()) {
        continue;
      }
      if (MatchesFromStart(*expression, part)) groups.Add(part);
    }
  }
  return OkStatus();
}

StatusOr<Groups> ChooseVariables(const std::vector<SaverItem>& graph,
                                 const WarmStartOptions& options) {
  Grouping groups;
  if (const auto* one = std::get_if<std::string>(&options.variables)) {
    CAIRN_RETURN_IF_ERROR(AddMatching(graph, *one, Which::kTrainable, groups));
  } else if (const auto* many =
                 std::get_if<std::vector<std::string>>(&options.variables)) {
    for (const std::string& pattern : *many) {
      CAIRN_RETURN_IF_ERROR(AddMatching(graph, pattern, Which::kAll, groups));
    }
  } else if (const auto* given =
                 std::get_if<std::vector<SaverItem>>(&options.variables)) {
    CAIRN_RETURN_IF_ERROR(MakeVariableStore(*given).status());
    for (const SaverItem& item : *given) {
      for (const SaverPart& part : item.parts) groups.Add(part);
    }
  } else {
    CAIRN_RETURN_IF_ERROR(AddMatching(graph, "", Which::kTrainable, groups));
  }
  return groups.Take();
}

// Where each variable's value is, for an object-based checkpoint.
StatusOr<std::map<std::string, std::string>> FullNames(
    const CheckpointSource& source, const Groups& groups) {
  auto keys = ReadFullNames(source);
  if (absl::IsNotFound(keys.status())) {
    return std::map<std::string, std::string>();  // name-based
  }
  CAIRN_RETURN_IF_ERROR(keys.status());
  std::map<std::string, std::string> used;
  std::set<std::string> missing;
  for (const auto& [name, parts] : groups) {
    const auto it = keys->find(name);
    if (it == keys->end()) {
      missing.insert(name);
    } else {
      used[name] = it->second;
    }
  }
  if (missing.empty()) return used;
  return InvalidArgumentError(
      StrCat("Attempting to warm-start from an object-based checkpoint, but "
             "found that the checkpoint did not contain values for all "
             "variables. The following variables were missing: ",
             NameList({missing.begin(), missing.end()})));
}

// Entries of an option that no variable uses are a mistake.
template <typename Map>
Status CheckUsed(const Map& map, const Groups& groups, std::string_view what) {
  std::vector<std::string> names, unused;
  std::set<std::string_view> known;
  for (const auto& [name, parts] : groups) {
    known.insert(name);
    names.push_back(name);
  }
  for (const auto& [name, value] : map) {
    if (!known.contains(name)) unused.push_back(name);
  }
  if (unused.empty()) return OkStatus();
  return InvalidArgumentError(
      StrCat("You provided the following variables in ", what,
             " that were not used: ", NameList(unused),
             ".  Perhaps you misspelled them?  Here is the list of viable "
             "variable names: ",
             NameList(names)));
}

StatusOr<WarmStartReport> WarmStartOnce(FileSystem& fs, const std::string& path,
                                        const Groups& groups,
                                        const WarmStartOptions& options) {
  CAIRN_ASSIGN_OR_RETURN(const auto source, OpenFileOrDirectory(fs, path));
  std::map<std::string, std::string> previous = options.previous_names;
  if (previous.empty()) {
    CAIRN_ASSIGN_OR_RETURN(previous, FullNames(*source, groups));
  }
  const bool only_vocab =
      std::holds_alternative<std::monostate>(options.variables);
  Initialization all(*source);
  WarmStartReport report;
  for (const auto& [name, parts] : groups) {
    const auto renamed = previous.find(name);
    const std::string& tensor =
        renamed == previous.end() ? name : renamed->second;
    const auto vocab = options.vocab_info.find(name);
    if (vocab != options.vocab_info.end()) {
      auto values = RemapVocabulary(fs, *source, tensor, parts, vocab->second);
      if (!values.ok()) return Annotate(values.status(), Escape(name));
      CAIRN_RETURN_IF_ERROR(all.AddValues(parts, *std::move(values)));
    } else if (only_vocab) {
      continue;
    } else {
      const Status found = source->Find(tensor).status();
      if (absl::IsNotFound(found)) {
        return InvalidArgumentError(StrCat("Tensor ", Escape(tensor),
                                           " is not found in ", Escape(path),
                                           " checkpoint"));
      }
      CAIRN_RETURN_IF_ERROR(found);
      CAIRN_RETURN_IF_ERROR(all.Add(tensor, parts));
    }
    report.variables.emplace_back(name, tensor);
  }
  CAIRN_RETURN_IF_ERROR(all.Run());
  return report;
}

}  // namespace

StatusOr<WarmStartReport> WarmStart(FileSystem& fs, const std::string& path,
                                    const std::vector<SaverItem>& graph,
                                    const WarmStartOptions& options) {
  return GuardMemory(path, [&]() -> StatusOr<WarmStartReport> {
    CAIRN_RETURN_IF_ERROR(MakeVariableStore(graph).status());
    CAIRN_ASSIGN_OR_RETURN(const Groups groups,
                           ChooseVariables(graph, options));
    CAIRN_RETURN_IF_ERROR(
        CheckUsed(options.previous_names, groups, "var_name_to_prev_var_name"));
    CAIRN_RETURN_IF_ERROR(
        CheckUsed(options.vocab_info, groups, "var_name_to_vocab_info"));
    StatusOr<WarmStartReport> report;
    CAIRN_RETURN_IF_ERROR(RetryWhileReplaced([&]() -> Status {
      report = WarmStartOnce(fs, path, groups, options);
      return report.status();
    }));
    return report;
  });
}

}  // namespace cairn::saver

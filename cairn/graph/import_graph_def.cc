// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
//
// What a hostile file can do, and what stops it:
//   name nodes alike, or not at all      refused before anything is changed
//   name inputs that do not exist        likewise
//   make names clash a million times     the counter of a name is remembered
#include "cairn/graph/import_graph_def.h"

#include <google/protobuf/util/message_differencer.h>

#include <algorithm>
#include <charconv>
#include <optional>
#include <set>
#include <string_view>
#include <utility>
#include <vector>

#include "cairn/base/strings.h"
#include "cairn/graph/name_map.h"
#include "cairn/graph/scope_names.h"
#include "cairn/proto/graph.pb.h"

namespace cairn::graph {
namespace {

struct TensorName {
  std::string_view node;
  int index;  // -1: a control edge
  friend auto operator<=>(const TensorName&, const TensorName&) = default;
};

// "n", "n:2", "^n"; nothing for other forms.
std::optional<TensorName> ParseTensorName(std::string_view text) {
  if (IsControlInput(text)) return TensorName{text.substr(1), -1};
  const size_t colon = text.rfind(':');
  if (colon == std::string_view::npos) return TensorName{text, 0};
  int index = 0;
  const char* end = text.data() + text.size();
  const auto parsed = std::from_chars(text.data() + colon + 1, end, index);
  if (parsed.ec != std::errc() || parsed.ptr != end || index < 0) {
    return std::nullopt;
  }
  return TensorName{text.substr(0, colon), index};
}

// The names of `graph`'s nodes; `prefixes`, if not null, gets their scopes.
NameSet NamesOf(const proto::GraphDef& graph, NameSet* prefixes) {
  NameSet names;
  for (const auto& node : graph.node()) {
    names.insert(node.name());
    if (prefixes == nullptr) continue;
    std::string_view name = node.name();
    for (size_t at = name.rfind('/'); at != std::string_view::npos;
         at = name.rfind('/')) {
      name = name.substr(0, at);
      if (!prefixes->insert(std::string(name)).second) break;
    }
  }
  return names;
}

class Importer {
 public:
  Importer(proto::GraphDef& target, const proto::GraphDef& source,
           const GraphImportOptions& options)
      : target_(target), source_(source), options_(options) {}

  StatusOr<GraphImport> Run() {
    target_names_ = NamesOf(target_, &target_prefixes_);
    NamesOf(source_, &source_prefixes_);
    CAIRN_RETURN_IF_ERROR(NameNodes());
    CAIRN_RETURN_IF_ERROR(ParseInputMap());
    CAIRN_RETURN_IF_ERROR(CheckFunctions());
    for (const auto& node : source_.node()) {
      CAIRN_RETURN_IF_ERROR(ImportNode(node));
    }
    CAIRN_RETURN_IF_ERROR(CheckMapWasUsed());
    // Nothing fails from here on.
    for (auto& node : nodes_) *target_.add_node() = std::move(node);
    AddFunctions();
    MergeVersions();
    return std::move(result_);
  }

 private:
  // Chooses the new name of each node.
  Status NameNodes() {
    new_names_.reserve(static_cast<size_t>(source_.node_size()));
    for (const auto& node : source_.node()) {
      if (node.name().empty()) {
        return InvalidArgumentError("a node to import has no name");
      }
      if (!new_names_.try_emplace(node.name()).second) {
        return InvalidArgumentError(
            StrCat("Node '", Escape(node.name()), "' is not unique"));
      }
    }
    for (const auto& node : source_.node()) {
      const std::string wanted = PrependScope(node.name(), options_.prefix);
      std::string& name = new_names_[node.name()];
      name = wanted;
      if (!IsTaken(wanted)) continue;
      if (options_.name_clash == NameClash::kRefuse) {
        return InvalidArgumentError(StrCat("Node name '", Escape(wanted),
                                           "' already exists in the Graph"));
      }
      name = UniqueName(wanted);
      result_.renamed[node.name()] = name;
    }
    return OkStatus();
  }

  bool IsTaken(const std::string& name) const {
    return target_names_.contains(name) || target_prefixes_.contains(name);
  }

  std::string UniqueName(const std::string& wanted) {
    uint64_t& count = clashes_[wanted];
    for (;;) {
      std::string name = StrCat(wanted, "_", ++count);
      if (IsTaken(name) || IsImported(name)) continue;
      target_names_.insert(name);
      return name;
    }
  }

  // Whether a node or a scope to import gets the name without any clash.
  bool IsImported(std::string_view name) const {
    if (!options_.prefix.empty()) {
      if (!name.starts_with(options_.prefix)) return false;
      name.remove_prefix(options_.prefix.size());
      if (!name.starts_with('/')) return false;
      name.remove_prefix(1);
    }
    return new_names_.contains(name) || source_prefixes_.contains(name);
  }

  Status ParseInputMap() {
    for (const auto& [from, to] : options_.input_map) {
      const auto key = ParseTensorName(from);
      if (!key) {
        return InvalidArgumentError(
            StrCat("Cannot convert '", Escape(from), "' to a tensor name."));
      }
      const auto value = ParseTensorName(to);
      if (!value || (key->index < 0) != (value->index < 0)) {
        return InvalidArgumentError(
            StrCat("'", Escape(from), "' cannot be mapped to '", Escape(to),
                   "': both must be tensors, or both nodes marked by '^'"));
      }
      if (!target_names_.contains(value->node)) {
        return InvalidArgumentError(StrCat("'", Escape(from),
                                           "' is mapped to '", Escape(to),
                                           "', which is not in the graph"));
      }
      map_[*key] = value->index == 0 ? std::string(value->node) : to;
    }
    return OkStatus();
  }

  Status ImportNode(const proto::NodeDef& node) {
    proto::NodeDef& out = nodes_.emplace_back(node);
    out.set_name(new_names_[node.name()]);
    out.clear_input();
    std::set<std::string_view> mapped_controls;
    for (const std::string& input : node.input()) {
      const auto name = ParseTensorName(input);
      if (!name) {
        return InvalidArgumentError(StrCat("Node '", Escape(node.name()),
                                           "': Invalid input '", Escape(input),
                                           "'"));
      }
      if (const auto it = map_.find(*name); it != map_.end()) {
        used_.insert(*name);
        if (name->index < 0 && !mapped_controls.insert(it->second).second) {
          continue;
        }
        out.add_input(it->second);
        continue;
      }
      const auto it = new_names_.find(name->node);
      if (it == new_names_.end()) {
        return InvalidArgumentError(StrCat("Node '", Escape(node.name()),
                                           "': Unknown input node '",
                                           Escape(input), "'"));
      }
      out.add_input(name->index < 0 ? StrCat("^", it->second)
                                    : it->second + Suffix(input, *name));
    }
    RenameColocation(out);
    return OkStatus();
  }

  // ":2" of "n:2".
  static std::string Suffix(const std::string& input, const TensorName& name) {
    return input.substr(name.node.size());
  }

  void RenameColocation(proto::NodeDef& node) const {
    const auto it = node.mutable_attr()->find("_class");
    if (it == node.mutable_attr()->end() || !it->second.has_list()) return;
    for (std::string& value : *it->second.mutable_list()->mutable_s()) {
      if (!value.starts_with(kColocationPrefix)) continue;
      const auto name =
          std::string_view(value).substr(kColocationPrefix.size());
      const auto found = new_names_.find(name);
      value = found != new_names_.end()
                  ? StrCat(kColocationPrefix, found->second)
                  : PrependScope(value, options_.prefix);
    }
  }

  Status CheckMapWasUsed() const {
    std::vector<std::string> missing;
    for (const auto& [from, to] : options_.input_map) {
      const TensorName key = *ParseTensorName(from);
      if (used_.contains(key) || new_names_.contains(key.node)) continue;
      missing.push_back(Escape(from));
    }
    if (missing.empty()) return OkStatus();
    return InvalidArgumentError(
        StrCat("Attempted to map inputs that were not found in graph_def: [",
               Join(missing, ", "), "]"));
  }

  Status CheckFunctions() {
    for (const auto& function : target_.library().function()) {
      functions_[function.signature().name()] = &function;
    }
    for (const auto& function : source_.library().function()) {
      const std::string& name = function.signature().name();
      const auto it = functions_.find(name);
      if (it == functions_.end()) continue;
      if (google::protobuf::util::MessageDifferencer::Equals(*it->second,
                                                             function)) {
        continue;
      }
      return InvalidArgumentError(
          StrCat("Cannot add function '", Escape(name),
                 "' because a different function with the same name already "
                 "exists."));
    }
    return OkStatus();
  }

  void AddFunctions() {
    NameSet names;
    for (const auto& [name, function] : functions_) names.insert(name);
    functions_.clear();  // they point into a list that grows now
    for (const auto& function : source_.library().function()) {
      if (!names.insert(function.signature().name()).second) continue;
      *target_.mutable_library()->add_function() = function;
    }
    NameSet gradients;
    for (const auto& gradient : target_.library().gradient()) {
      gradients.insert(gradient.function_name());
    }
    for (const auto& gradient : source_.library().gradient()) {
      if (!gradients.insert(gradient.function_name()).second) continue;
      *target_.mutable_library()->add_gradient() = gradient;
    }
    for (const auto& gradient : source_.library().registered_gradients()) {
      *target_.mutable_library()->add_registered_gradients() = gradient;
    }
  }

  void MergeVersions() {
    const auto& from = source_.versions();
    if (!target_.has_versions()) {
      if (source_.has_versions()) *target_.mutable_versions() = from;
      return;
    }
    auto& to = *target_.mutable_versions();
    to.set_producer(std::min(to.producer(), from.producer()));
    to.set_min_consumer(std::max(to.min_consumer(), from.min_consumer()));
    std::set<int32_t> bad(to.bad_consumers().begin(), to.bad_consumers().end());
    bad.insert(from.bad_consumers().begin(), from.bad_consumers().end());
    to.mutable_bad_consumers()->Assign(bad.begin(), bad.end());
  }

  proto::GraphDef& target_;
  const proto::GraphDef& source_;
  const GraphImportOptions& options_;
  NameSet target_names_, target_prefixes_, source_prefixes_;
  NameMap<std::string> new_names_;
  NameMap<uint64_t> clashes_;
  std::map<TensorName, std::string> map_;  // into the keys of the options
  std::set<TensorName> used_;              // into keys of map_'s lifetime
  NameMap<const proto::FunctionDef*> functions_;
  std::vector<proto::NodeDef> nodes_;
  GraphImport result_;
};

}  // namespace

StatusOr<GraphImport> ImportGraphDef(proto::GraphDef& target,
                                     const proto::GraphDef& source,
                                     const GraphImportOptions& options) {
  return Importer(target, source, options).Run();
}

}  // namespace cairn::graph

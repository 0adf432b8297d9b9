// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
#include "cairn/cli/run_command.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <limits>
#include <map>
#include <memory>
#include <optional>
#include <utility>

#include "cairn/base/commit.h"
#include "cairn/base/near_names.h"
#include "cairn/base/strings.h"
#include "cairn/cli/cat_command.h"
#include "cairn/cli/locate_note.h"
#include "cairn/cli/text.h"
#include "cairn/data/npy.h"
#include "cairn/inspect/locate.h"
#include "cairn/inspect/meta_graph_summary.h"
#include "cairn/session/session.h"

namespace cairn::cli {
namespace {

using session::Session;

constexpr std::string_view kSavedModelFile = "saved_model.pb";

// A value to feed, and what it is fed to.
struct OwnedFeed {
  std::string name;
  Tensor tensor;
};

// The graph, and where its variables are stored if it says so itself.
struct Loaded {
  graph::MetaGraph meta;
  std::string checkpoint;
};

StatusOr<graph::MetaGraph> ChooseByTags(std::vector<graph::MetaGraph> graphs,
                                        const std::string& path,
                                        const std::string& tags) {
  std::vector<std::string> wanted;
  for (std::string_view tag : Split(tags, ',')) {
    if (!tag.empty()) wanted.emplace_back(tag);
  }
  std::ranges::sort(wanted);
  std::string there;
  for (graph::MetaGraph& meta : graphs) {
    std::vector<std::string> has = meta.info().tags;
    std::ranges::sort(has);
    if (tags.empty() ? graphs.size() == 1 : has == wanted) {
      return std::move(meta);
    }
    there += StrCat(there.empty() ? "" : "; ", Join(has, ","));
  }
  return NotFoundError(StrCat(path, ": has no meta graph of tags ",
                              Escape(tags), "; there are: ", there));
}

StatusOr<Loaded> Load(FileSystem& fs, const RunOptions& options,
                      Console& console) {
  std::string path = options.path;
  while (path.size() > 1 && path.ends_with('/')) path.pop_back();
  inspect::Target target{inspect::TargetKind::kSavedModel,
                         StrCat(path, "/", kSavedModelFile), ""};
  if (!fs.Stat(target.path).ok()) {
    CAIRN_ASSIGN_OR_RETURN(target, inspect::Locate(fs, options.path));
  }
  if (target.kind != inspect::TargetKind::kSavedModel &&
      target.kind != inspect::TargetKind::kMetaGraph) {
    CAIRN_ASSIGN_OR_RETURN(target, inspect::LocateMetaGraph(fs, target));
    NoteTarget(target, console);
  }
  CAIRN_ASSIGN_OR_RETURN(std::vector<graph::MetaGraph> graphs,
                         inspect::ReadMetaGraphs(fs, target));
  Loaded loaded;
  if (target.kind == inspect::TargetKind::kMetaGraph) {
    if (graphs.empty()) return NotFoundError(target.path + ": is empty");
    loaded.meta = std::move(graphs.front());
    return loaded;
  }
  CAIRN_ASSIGN_OR_RETURN(
      loaded.meta, ChooseByTags(std::move(graphs), target.path, options.tags));
  const std::string directory =
      target.path.substr(0, target.path.size() - kSavedModelFile.size());
  const std::string prefix = directory + "variables/variables";
  if (fs.Stat(prefix + ".index").ok()) loaded.checkpoint = prefix;
  return loaded;
}

struct Assignment {
  std::string name;
  std::string value;
};
StatusOr<Assignment> ParseAssignment(const std::string& text,
                                     std::string_view option) {
  const size_t equals = text.find('=');
  if (equals != std::string::npos && equals > 0) {
    return Assignment{text.substr(0, equals), text.substr(equals + 1)};
  }
  return InvalidArgumentError(
      StrCat(option, " ", Escape(text), ": expected name=value"));
}

// What names mean: those of a signature, if there is one, else tensors.
class Naming {
 public:
  static StatusOr<Naming> Create(const graph::MetaGraph& meta,
                                 const std::string& signature) {
    Naming naming;
    if (signature.empty()) return naming;
    const auto signatures = meta.signatures();
    const auto at = signatures.find(signature);
    if (at != signatures.end()) {
      naming.signature_ = at->second;
      return naming;
    }
    NearNames near(signature);
    for (const auto& [name, unused] : signatures) near.Consider(name);
    return NotFoundError(
        StrCat("there is no signature ", Escape(signature), near.Hint()));
  }

  StatusOr<std::string> Input(const std::string& name) const {
    if (!signature_.has_value()) return name;
    return Find(signature_->inputs, name, "input");
  }
  StatusOr<std::string> Output(const std::string& name) const {
    if (!signature_.has_value()) return name;
    return Find(signature_->outputs, name, "output");
  }
  // All that the signature has.
  std::vector<std::string> Outputs() const {
    std::vector<std::string> names;
    if (!signature_.has_value()) return names;
    for (const auto& [name, tensor] : signature_->outputs) {
      names.push_back(name);
    }
    return names;
  }

 private:
  static StatusOr<std::string> Find(
      const std::map<std::string, graph::SignatureTensor>& tensors,
      const std::string& name, std::string_view what) {
    const auto at = tensors.find(name);
    if (at != tensors.end()) return at->second.name;
    NearNames near(name);
    for (const auto& [other, unused] : tensors) near.Consider(other);
    return NotFoundError(
        StrCat("the signature has no ", what, " ", Escape(name), near.Hint()));
  }
  std::optional<graph::Signature> signature_;
};

StatusOr<std::vector<OwnedFeed>> ReadFeeds(FileSystem& fs,
                                           const RunOptions& options,
                                           const Naming& naming) {
  std::vector<OwnedFeed> feeds;
  for (const std::string& text : options.feeds) {
    CAIRN_ASSIGN_OR_RETURN(Assignment at, ParseAssignment(text, "--feed"));
    CAIRN_ASSIGN_OR_RETURN(std::string name, naming.Input(at.name));
    CAIRN_ASSIGN_OR_RETURN(
        const std::string bytes,
        fs.ReadFile(at.value, std::numeric_limits<int64_t>::max()));
    CAIRN_ASSIGN_OR_RETURN(Tensor tensor, data::ParseNpy(bytes, at.value));
    feeds.push_back({std::move(name), std::move(tensor)});
  }
  for (const std::string& text : options.texts) {
    CAIRN_ASSIGN_OR_RETURN(Assignment at, ParseAssignment(text, "--feed-text"));
    CAIRN_ASSIGN_OR_RETURN(std::string name, naming.Input(at.name));
    feeds.push_back({std::move(name), Tensor::OfString(std::move(at.value))});
  }
  return feeds;
}

std::vector<session::Feed> Borrow(const std::vector<OwnedFeed>& owned) {
  std::vector<session::Feed> feeds;
  for (const OwnedFeed& feed : owned) {
    feeds.push_back({feed.name, feed.tensor.view()});
  }
  return feeds;
}

// "a/b:0" without its output number where a node is meant.
std::string NodeName(const std::string& name) {
  return name.substr(0, name.rfind(':'));
}

// Runs what gives each variable its initial value.
Status Initialize(const graph::MetaGraph& meta, Session& session) {
  std::vector<std::string> targets;
  for (const char* collection : {"variables", "local_variables"}) {
    CAIRN_ASSIGN_OR_RETURN(const std::vector<graph::GraphVariable> variables,
                           meta.variables(collection));
    for (const graph::GraphVariable& variable : variables) {
      targets.push_back(NodeName(variable.initializer_name));
    }
  }
  if (targets.empty()) {
    return NotFoundError("the graph lists no variables to initialise");
  }
  return session.Run({}, {}, targets).status();
}

Status RestoreFrom(const graph::MetaGraph& meta, const std::string& prefix,
                   Session& session) {
  const std::optional<graph::SaverInfo> saver = meta.saver();
  if (!saver.has_value() || saver->restore_op_name.empty()) {
    return NotFoundError("the graph has no Saver to restore with");
  }
  const Tensor name = Tensor::OfString(prefix);
  return session
      .Run({{saver->filename_tensor_name, name.view()}}, {},
           {NodeName(saver->restore_op_name)})
      .status();
}

// "dense/BiasAdd:0" -> "dense_BiasAdd_0.npy".
std::string FileName(const std::string& name) {
  std::string file = name;
  for (char& c : file) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                       (c >= '0' && c <= '9') || c == '.' || c == '-';
    if (!plain) c = '_';
  }
  return file + ".npy";
}

Status Write(FileSystem& fs, const RunOptions& options,
             const std::vector<std::string>& names,
             const std::vector<Tensor>& values, Console& console) {
  for (size_t i = 0; i < values.size(); ++i) {
    if (options.out.empty()) {
      uint64_t bytes = 0;
      if (IsFixedSize(values[i].dtype())) {
        bytes = values[i].bytes().size();
      } else {
        for (const std::string& text : values[i].strings()) {
          bytes += text.size();
        }
      }
      if (i > 0) console.out << "\n";
      PrintTensorText({.name = names[i],
                       .tensor = values[i].view(),
                       .bytes = bytes,
                       .pieces = 0,
                       .all = options.all},
                      console);
      continue;
    }
    const std::string path = StrCat(options.out, "/", FileName(names[i]));
    CAIRN_ASSIGN_OR_RETURN(const std::string npy, data::FormatNpy(values[i]));
    CAIRN_RETURN_IF_ERROR(WriteFileAtomically(fs, path, npy));
    console.Note(StrCat(names[i], ": ", path));
  }
  return OkStatus();
}

int ListUnsupported(Session& session, const std::vector<session::Feed>& feeds,
                    const std::vector<std::string>& fetches,
                    const std::vector<std::string>& targets, Console& console) {
  std::vector<std::string> fed;
  for (const session::Feed& feed : feeds) fed.push_back(feed.name);
  const auto found = session.FindUnsupported(fed, fetches, targets);
  if (!found.ok()) return Report(found.status(), console);
  for (const session::UnsupportedNode& node : *found) {
    console.out << Printable(node.op) << "  " << Printable(node.node);
    if (!node.function.empty()) {
      console.out << " (in function " << Printable(node.function) << ")";
    }
    console.out << ": " << node.reason << "\n";
  }
  if (found->empty()) console.Note("all ops are supported");
  return found->empty() ? kExitOk : kExitNo;
}

// An error of the graph is an answer; one of the use is not.
int ReportRun(const Status& status, Console& console) {
  const int code = Report(status, console);
  return absl::IsUnimplemented(status) || absl::IsFailedPrecondition(status)
             ? kExitNo
             : code;
}

}  // namespace

void DeclareRun(CLI::App& verb, RunOptions& options) {
  verb.add_option("META", options.path,
                  "A .meta file, a checkpoint with one beside it, or a "
                  "SavedModel")
      ->required();
  verb.add_option("--ckpt", options.checkpoint,
                  "Restore the variables from this checkpoint, with the "
                  "graph's own Saver (a SavedModel: from its own variables)")
      ->type_name("PREFIX");
  verb.add_flag("--init", options.init,
                "Run the variables' initializers first");
  verb.add_option("--feed", options.feeds,
                  "A tensor's value from an .npy file: x:0=images.npy; any "
                  "number of them")
      ->type_name("NAME=FILE");
  verb.add_option("--feed-text", options.texts,
                  "A string tensor's value: save/Const:0=dir/model")
      ->type_name("NAME=TEXT");
  verb.add_option("--fetch", options.fetches,
                  "A tensor to compute and show: softmax:0; any number of them")
      ->type_name("NAME");
  verb.add_option("--target", options.targets,
                  "An op to run for its effect; any number of them")
      ->type_name("OP");
  verb.add_option("--tags", options.tags,
                  "Which meta graph of a SavedModel: serve, or serve,gpu")
      ->type_name("TAGS");
  verb.add_option("--signature", options.signature,
                  "Feed and fetch by this signature's names; without --fetch, "
                  "all its outputs")
      ->type_name("NAME");
  verb.add_option("--out", options.out,
                  "Write each fetched tensor to an .npy file in this directory "
                  "instead of text")
      ->type_name("DIR");
  verb.add_flag("--all", options.all, "Do not shorten long arrays");
  verb.add_flag("--list-unsupported", options.list_unsupported,
                "Run nothing; name the nodes that cannot be run (of the whole "
                "graph without --fetch and --target)");
  verb.add_option("--threads", options.threads,
                  "How many; one for each core by default")
      ->type_name("N");
  verb.add_option("--seed", options.seed,
                  "Of random ops that have none of their own")
      ->type_name("N");
  verb.footer(
      "Examples:\n"
      "  cairn run tf_ckpt/model.meta --ckpt tf_ckpt/model \\\n"
      "      --feed conv2d_input:0=images.npy --fetch dense_1/Softmax:0\n"
      "  cairn run export --signature serving_default --feed x=x.npy --out .\n"
      "  cairn run model.meta --init --fetch loss:0\n"
      "  cairn run model.meta --list-unsupported\n"
      "\n"
      "Exit status: 0 done; 1 the graph cannot be run (ops that are not\n"
      "supported, variables without a value); 2 wrong use or not readable.");
}

int RunGraphCommand(FileSystem& fs, const RunOptions& options,
                    Console& console) {
  const StatusOr<Loaded> loaded = Load(fs, options, console);
  if (!loaded.ok()) return Report(loaded.status(), console);
  const graph::MetaGraph& meta = loaded->meta;
  const StatusOr<Naming> naming = Naming::Create(meta, options.signature);
  if (!naming.ok()) return Report(naming.status(), console);
  const auto feeds = ReadFeeds(fs, options, *naming);
  if (!feeds.ok()) return Report(feeds.status(), console);
  std::vector<std::string> shown = options.fetches;
  if (shown.empty()) shown = naming->Outputs();
  std::vector<std::string> fetches;
  for (const std::string& name : shown) {
    const StatusOr<std::string> tensor = naming->Output(name);
    if (!tensor.ok()) return Report(tensor.status(), console);
    fetches.push_back(*tensor);
  }

  auto session = Session::Create(
      fs, meta, {.threads = options.threads, .seed = options.seed});
  if (!session.ok()) return Report(session.status(), console);
  if (options.list_unsupported) {
    return ListUnsupported(**session, Borrow(*feeds), fetches, options.targets,
                           console);
  }
  if (fetches.empty() && options.targets.empty()) {
    console.Note("nothing to run: give --fetch, --target or --signature");
    return kExitTrouble;
  }
  if (options.init) {
    const Status done = Initialize(meta, **session);
    if (!done.ok()) return ReportRun(Annotate(done, "--init"), console);
  }
  const std::string& prefix =
      options.checkpoint.empty() ? loaded->checkpoint : options.checkpoint;
  if (!prefix.empty()) {
    const Status done = RestoreFrom(meta, prefix, **session);
    if (!done.ok()) return ReportRun(Annotate(done, "--ckpt"), console);
  }
  const auto values = (*session)->Run(Borrow(*feeds), fetches, options.targets);
  if (!values.ok()) return ReportRun(values.status(), console);
  const Status written = Write(fs, options, shown, *values, console);
  return written.ok() ? kExitOk : Report(written, console);
}

}  // namespace cairn::cli

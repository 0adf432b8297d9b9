// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
#include "cairn/session/session.h"

#include <map>
#include <mutex>
#include <optional>
#include <utility>

#include "cairn/base/guard_memory.h"
#include "cairn/base/near_names.h"
#include "cairn/base/strings.h"
#include "cairn/compute/context.h"
#include "cairn/proto/meta_graph.pb.h"
#include "cairn/session/executor.h"
#include "cairn/session/functions.h"
#include "cairn/session/kernels/kernels.h"
#include "cairn/session/kernels/variable_kernels.h"
#include "cairn/session/plan.h"

namespace cairn::session {
namespace {

// Before this producer, a placeholder of shape [] was one of any shape.
constexpr int kPlaceholderScalarProducer = 24;
constexpr std::string_view kRun = "running a graph";

}  // namespace

class Session::Impl {
 public:
  Impl(FileSystem& fs, const SessionOptions& options)
      : options_(options),
        compute_({.threads = options.threads}),
        seeds_(options.seed, 0) {
    services_ = {
        .fs = &fs,
        .clock = options.clock != nullptr ? options.clock : &SystemClock(),
        .resources = &resources_,
        .budget = std::make_shared<MemoryBudget>(options.max_bytes),
        .seeds = &seeds_,
        .functions = nullptr,
        .compute = &compute_};
  }

  Status Load(const graph::MetaGraph& meta);
  StatusOr<std::vector<Tensor>> Run(const std::vector<Feed>& feeds,
                                    const std::vector<std::string>& fetches,
                                    const std::vector<std::string>& targets);
  StatusOr<std::vector<UnsupportedNode>> FindUnsupported(
      const std::vector<std::string>& feeds,
      const std::vector<std::string>& fetches,
      const std::vector<std::string>& targets);
  std::vector<SessionVariable> variables() const;
  StatusOr<Tensor> GetVariable(std::string_view name) const;
  Status SetVariable(std::string_view name, const TensorView& value);

 private:
  StatusOr<Endpoint> FindTensor(std::string_view name,
                                std::string_view role) const;
  StatusOr<PlanRequest> MakeRequest(
      const std::vector<std::string>& feeds,
      const std::vector<std::string>& fetches,
      const std::vector<std::string>& targets) const;
  StatusOr<const Plan*> FindPlan(const std::vector<std::string>& feeds,
                                 const std::vector<std::string>& fetches,
                                 const std::vector<std::string>& targets);
  Status CheckFeed(const Feed& feed);
  StatusOr<std::vector<UnsupportedNode>> AllUnsupported();
  // Null, with the reason in `status`, if there is no such variable.
  StatusOr<std::shared_ptr<Slot>> FindVariable(std::string_view name) const;

  mutable std::mutex mutex_;
  const SessionOptions options_;
  std::unique_ptr<proto::GraphDef> def_;
  KernelTable own_table_;
  ResourceManager resources_;
  compute::Context compute_;
  Random seeds_;
  KernelServices services_;
  std::unique_ptr<FunctionLibrary> functions_;
  std::unique_ptr<NodeGraph> graph_;
  std::map<std::string, std::unique_ptr<Plan>> plans_;
};

Status Session::Impl::Load(const graph::MetaGraph& meta) {
  def_ = std::make_unique<proto::GraphDef>(meta.def().graph_def());
  if (options_.kernels == nullptr) own_table_ = StandardKernels();
  const KernelTable& table =
      options_.kernels != nullptr ? *options_.kernels : own_table_;
  functions_ = std::make_unique<FunctionLibrary>(
      table, def_->library(), options_.max_call_depth, services_.budget);
  services_.functions = functions_.get();
  std::vector<const proto::NodeDef*> nodes;
  nodes.reserve(static_cast<size_t>(def_->node_size()));
  for (const proto::NodeDef& node : def_->node()) {
    nodes.push_back(&node);
    DeclareVariable(Attributes(node), &resources_);
  }
  CAIRN_ASSIGN_OR_RETURN(graph_, NodeGraph::Create(table, std::move(nodes),
                                                   NodeGraph::Inputs::kByNumber,
                                                   services_.budget));
  return OkStatus();
}

StatusOr<Endpoint> Session::Impl::FindTensor(std::string_view name,
                                             std::string_view role) const {
  CAIRN_ASSIGN_OR_RETURN(const TensorName parsed, ParseTensorName(name));
  const int node = graph_->Find(parsed.node);
  if (node >= 0) return Endpoint{node, parsed.output};
  return NotFoundError(StrCat("tensor ", Escape(name), ", to be ", role,
                              ", is not in the graph",
                              graph_->Hint(parsed.node)));
}

StatusOr<PlanRequest> Session::Impl::MakeRequest(
    const std::vector<std::string>& feeds,
    const std::vector<std::string>& fetches,
    const std::vector<std::string>& targets) const {
  PlanRequest request;
  for (const std::string& name : feeds) {
    CAIRN_ASSIGN_OR_RETURN(const Endpoint feed, FindTensor(name, "fed"));
    for (const Endpoint& other : request.feeds) {
      if (other == feed) {
        return InvalidArgumentError(StrCat(Escape(name), " is fed twice"));
      }
    }
    request.feeds.push_back(feed);
  }
  for (const std::string& name : fetches) {
    CAIRN_ASSIGN_OR_RETURN(const Endpoint fetch, FindTensor(name, "fetched"));
    request.fetches.push_back(fetch);
  }
  for (const std::string& name : targets) {
    const int node = graph_->Find(name);
    if (node < 0) {
      return NotFoundError(StrCat("target node ", Escape(name),
                                  " is not in the graph", graph_->Hint(name)));
    }
    request.targets.push_back(node);
  }
  return request;
}

StatusOr<const Plan*> Session::Impl::FindPlan(
    const std::vector<std::string>& feeds,
    const std::vector<std::string>& fetches,
    const std::vector<std::string>& targets) {
  const std::string separator(1, '\0');
  const std::string key =
      StrCat(Join(feeds, separator), "\1", Join(fetches, separator), "\1",
             Join(targets, separator));
  std::unique_ptr<Plan>& cached = plans_[key];
  if (cached != nullptr) return cached.get();
  CAIRN_ASSIGN_OR_RETURN(const PlanRequest request,
                         MakeRequest(feeds, fetches, targets));
  std::vector<UnsupportedNode> unsupported;
  CAIRN_ASSIGN_OR_RETURN(Plan plan, Plan::Make(*graph_, request, &unsupported));
  CAIRN_RETURN_IF_ERROR(functions_->Prepare(plan, &unsupported));
  if (!unsupported.empty()) return UnsupportedError(unsupported);
  cached = std::make_unique<Plan>(std::move(plan));
  return cached.get();
}

Status Session::Impl::CheckFeed(const Feed& feed) {
  CAIRN_ASSIGN_OR_RETURN(const Endpoint end, FindTensor(feed.name, "fed"));
  if (!feed.tensor.is_valid()) {
    return InvalidArgumentError(
        StrCat("nothing is fed to ", Escape(feed.name)));
  }
  const StatusOr<const NodeTypes*> types = graph_->Types(end.node);
  if (!types.ok()) return OkStatus();
  if (static_cast<size_t>(end.output) >= (*types)->outputs.size()) {
    return InvalidArgumentError(StrCat("tensor ", Escape(feed.name),
                                       ", to be fed: its node has ",
                                       (*types)->outputs.size(), " outputs"));
  }
  const DataType dtype =
      (*types)->outputs[static_cast<size_t>(end.output)].dtype;
  if (dtype != feed.tensor.dtype()) {
    return InvalidArgumentError(
        StrCat("Cannot feed a value of type ",
               DataTypeName(feed.tensor.dtype()), " for Tensor '",
               Escape(feed.name), "', which has type ", DataTypeName(dtype)));
  }
  const std::string& op = graph_->op(end.node);
  if (!op.starts_with("Placeholder")) return OkStatus();
  CAIRN_ASSIGN_OR_RETURN(
      const graph::PartialShape declared,
      Attributes(*graph_->node(end.node).def).Shape("shape"));
  const bool any = op == "Placeholder" && declared.dims.empty() &&
                   def_->versions().producer() < kPlaceholderScalarProducer;
  if (any || Allows(declared, feed.tensor.shape())) return OkStatus();
  return InvalidArgumentError(
      StrCat("Cannot feed value of shape ", feed.tensor.shape().ToString(),
             " for Tensor '", Escape(feed.name), "', which has shape '",
             declared.ToString(), "'"));
}

StatusOr<std::vector<Tensor>> Session::Impl::Run(
    const std::vector<Feed>& feeds, const std::vector<std::string>& fetches,
    const std::vector<std::string>& targets) {
  const std::lock_guard lock(mutex_);
  std::vector<std::string> names;
  for (const Feed& feed : feeds) {
    CAIRN_RETURN_IF_ERROR(CheckFeed(feed));
    names.push_back(feed.name);
  }
  CAIRN_ASSIGN_OR_RETURN(const Plan* plan, FindPlan(names, fetches, targets));
  std::vector<Value> fed;
  for (const Feed& feed : feeds) {
    CAIRN_ASSIGN_OR_RETURN(Tensor copy, Tensor::CopyOf(feed.tensor));
    fed.push_back(Value::Of(std::move(copy), services_.budget));
  }
  RunLimits limits{.steps_left = options_.max_steps};
  functions_->Bind(&services_, &limits);
  CAIRN_ASSIGN_OR_RETURN(std::vector<Value> values,
                         Execute(*plan, services_, std::move(fed), &limits));
  std::vector<Tensor> results;
  for (size_t i = 0; i < values.size(); ++i) {
    Value value = std::exchange(values[i], Value());
    if (value.is_ref()) {
      CAIRN_ASSIGN_OR_RETURN(value, ReadReference(value));
    }
    if (value.is_dead()) {
      return InvalidArgumentError(
          StrCat("tensor ", Escape(fetches[i]),
                 ", to be fetched, does not have a value: it is in a branch"
                 " that was not taken"));
    }
    if (!value.is_tensor()) {
      return InvalidArgumentError(StrCat("tensor ", Escape(fetches[i]),
                                         " is a ", value.ToString(),
                                         " and cannot be fetched"));
    }
    CAIRN_ASSIGN_OR_RETURN(Tensor result, value.TakeOrCopy());
    results.push_back(std::move(result));
  }
  return results;
}

StatusOr<std::vector<UnsupportedNode>> Session::Impl::AllUnsupported() {
  std::vector<UnsupportedNode> found;
  for (int i = 0; i < graph_->num_nodes(); ++i) {
    const StatusOr<const Kernel*> kernel = graph_->GetKernel(i);
    if (absl::IsUnimplemented(kernel.status())) {
      found.push_back(
          {graph_->name(i), graph_->op(i), Message(kernel.status()), {}});
      continue;
    }
    CAIRN_RETURN_IF_ERROR(
        Annotate(kernel.status(), StrCat("node ", Escape(graph_->name(i)))));
    CAIRN_RETURN_IF_ERROR(
        functions_->PrepareNode(*graph_->node(i).def, &found));
  }
  return found;
}

StatusOr<std::vector<UnsupportedNode>> Session::Impl::FindUnsupported(
    const std::vector<std::string>& feeds,
    const std::vector<std::string>& fetches,
    const std::vector<std::string>& targets) {
  const std::lock_guard lock(mutex_);
  if (fetches.empty() && targets.empty()) return AllUnsupported();
  CAIRN_ASSIGN_OR_RETURN(const PlanRequest request,
                         MakeRequest(feeds, fetches, targets));
  std::vector<UnsupportedNode> found;
  CAIRN_ASSIGN_OR_RETURN(const Plan plan, Plan::Make(*graph_, request, &found));
  CAIRN_RETURN_IF_ERROR(functions_->Prepare(plan, &found));
  return found;
}

std::vector<SessionVariable> Session::Impl::variables() const {
  const std::lock_guard lock(mutex_);
  std::vector<SessionVariable> found;
  for (const std::shared_ptr<Slot>& slot : resources_.slots()) {
    if (slot->dtype == DataType::kInvalid) continue;
    found.push_back({slot->container, slot->name, slot->dtype, slot->shape,
                     slot->value.is_tensor()});
  }
  return found;
}

StatusOr<std::shared_ptr<Slot>> Session::Impl::FindVariable(
    std::string_view name) const {
  std::shared_ptr<Slot> slot = resources_.FindExisting("", name);
  if (slot != nullptr && slot->dtype != DataType::kInvalid) return slot;
  NearNames near(name);
  for (const std::shared_ptr<Slot>& other : resources_.slots()) {
    if (other->dtype == DataType::kInvalid) continue;
    if (other->name == name) return other;  // in another container
    near.Consider(other->name);
  }
  return NotFoundError(
      StrCat("variable ", Escape(name), " is not in the graph", near.Hint()));
}

StatusOr<Tensor> Session::Impl::GetVariable(std::string_view name) const {
  const std::lock_guard lock(mutex_);
  CAIRN_ASSIGN_OR_RETURN(std::shared_ptr<Slot> slot, FindVariable(name));
  CAIRN_ASSIGN_OR_RETURN(const Value value,
                         VariableRef(std::move(slot), services_.budget).Read());
  return Tensor::CopyOf(value.view());
}

Status Session::Impl::SetVariable(std::string_view name,
                                  const TensorView& value) {
  const std::lock_guard lock(mutex_);
  CAIRN_ASSIGN_OR_RETURN(std::shared_ptr<Slot> slot, FindVariable(name));
  CAIRN_ASSIGN_OR_RETURN(Tensor copy, Tensor::CopyOf(value));
  return VariableRef(std::move(slot), services_.budget)
      .Assign(Value::Of(std::move(copy), services_.budget));
}

Session::Session(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Session::~Session() = default;

StatusOr<std::unique_ptr<Session>> Session::Create(
    FileSystem& fs, const graph::MetaGraph& meta,
    const SessionOptions& options) {
  return GuardMemory(kRun, [&]() -> StatusOr<std::unique_ptr<Session>> {
    auto impl = std::make_unique<Impl>(fs, options);
    CAIRN_RETURN_IF_ERROR(impl->Load(meta));
    return std::unique_ptr<Session>(new Session(std::move(impl)));
  });
}

StatusOr<std::vector<Tensor>> Session::Run(
    const std::vector<Feed>& feeds, const std::vector<std::string>& fetches,
    const std::vector<std::string>& targets) {
  return GuardMemory(kRun, [&] { return impl_->Run(feeds, fetches, targets); });
}

StatusOr<std::vector<UnsupportedNode>> Session::FindUnsupported(
    const std::vector<std::string>& feeds,
    const std::vector<std::string>& fetches,
    const std::vector<std::string>& targets) {
  return GuardMemory(
      kRun, [&] { return impl_->FindUnsupported(feeds, fetches, targets); });
}

std::vector<SessionVariable> Session::variables() const {
  return impl_->variables();
}

StatusOr<Tensor> Session::GetVariable(std::string_view name) const {
  return GuardMemory(name, [&] { return impl_->GetVariable(name); });
}

Status Session::SetVariable(std::string_view name, const TensorView& value) {
  return GuardMemory(name, [&] { return impl_->SetVariable(name, value); });
}

}  // namespace cairn::session

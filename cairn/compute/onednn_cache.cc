// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
#include "cairn/compute/onednn_cache.h"

namespace cairn::compute {
namespace {

// oneDNN's threads are OpenMP's; a context of one thread keeps them out.
class Threads {
 public:
  explicit Threads(const Context& context) {
    if (context.threads() == 1) alone_.emplace();
  }

 private:
  std::optional<SingleThreadedOpenMp> alone_;
};

const void* FindMemory(OneDnnMemory memory, int id) {
  for (const auto& [argument, data] : memory) {
    if (argument == id) return data;
  }
  return nullptr;
}

void Execute(OneDnnCache& cache, const OneDnnCache::Entry& entry,
             OneDnnMemory memory) {
  std::unordered_map<int, dnnl::memory> arguments;
  std::vector<std::pair<dnnl::memory, dnnl::memory>> after;
  for (const auto& argument : entry.arguments) {
    dnnl::memory user(argument.user, cache.engine(),
                      const_cast<void*>(FindMemory(memory, argument.id)));
    if (argument.user == argument.wanted) {
      arguments.emplace(argument.id, user);
      continue;
    }
    dnnl::memory wanted(argument.wanted, cache.engine());
    if (argument.is_output) {
      after.emplace_back(wanted, user);
    } else {
      dnnl::reorder(user, wanted).execute(cache.stream(), user, wanted);
    }
    arguments.emplace(argument.id, wanted);
  }
  entry.primitive.execute(cache.stream(), arguments);
  for (auto& [from, to] : after) {
    dnnl::reorder(from, to).execute(cache.stream(), from, to);
  }
  cache.stream().wait();
}

}  // namespace

OneDnnCache& Context::onednn() {
  if (onednn_ == nullptr) onednn_ = std::make_shared<OneDnnCache>();
  return *onednn_;
}

std::string OneDnnKey(std::string_view op,
                      std::initializer_list<std::span<const int64_t>> lists) {
  std::string key(op);
  for (const auto& list : lists) {
    key += ';';
    for (const int64_t value : list) key += StrCat(value, ',');
  }
  return key;
}

Status RunOneDnn(Context& context, std::string_view what,
                 const std::string& key,
                 const std::function<OneDnnCache::Entry(dnnl::engine&)>& make,
                 OneDnnMemory memory) {
  const Threads threads(context);
  try {
    OneDnnCache& cache = context.onednn();
    CAIRN_ASSIGN_OR_RETURN(
        const OneDnnCache::Entry* entry,
        cache.Find(key, [&]() -> StatusOr<OneDnnCache::Entry> {
          return make(cache.engine());
        }));
    Execute(cache, *entry, memory);
    return OkStatus();
  } catch (const dnnl::error& e) {
    const std::string text = StrCat(what, ": oneDNN: ", e.message);
    if (e.status == dnnl_out_of_memory) return ResourceExhaustedError(text);
    return InternalError(text);
  }
}

}  // namespace cairn::compute

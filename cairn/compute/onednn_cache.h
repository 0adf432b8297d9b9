// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
//
// OneDnnCache: primitives that were built, by what they were built for.
// Internal.
#ifndef CAIRN_COMPUTE_ONEDNN_CACHE_H_
#define CAIRN_COMPUTE_ONEDNN_CACHE_H_

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "cairn/compute/context.h"
#include "cairn/compute/onednn.h"

namespace cairn::compute {

class OneDnnCache {
 public:
  // A primitive and the layouts it asked for.
  struct Entry {
    dnnl::primitive primitive;
    // By argument (DNNL_ARG_SRC ...): the layout the caller has, and the one
    // the primitive takes.
    struct Argument {
      int id;
      dnnl::memory::desc user, wanted;
      bool is_output = false;
    };
    std::vector<Argument> arguments;
  };

  // The entry for `key`, made by `make` (a StatusOr<Entry>) if there is none.
  template <typename Make>
  StatusOr<const Entry*> Find(const std::string& key, const Make& make) {
    if (const auto at = entries_.find(key); at != entries_.end()) {
      return at->second.get();
    }
    // A graph whose shapes change all the time should not fill memory.
    if (entries_.size() >= kMaxEntries) entries_.clear();
    CAIRN_ASSIGN_OR_RETURN(Entry entry, make());
    const auto at =
        entries_.emplace(key, std::make_unique<Entry>(std::move(entry))).first;
    return at->second.get();
  }

  dnnl::engine& engine() { return engine_; }
  dnnl::stream& stream() { return stream_; }

 private:
  static constexpr size_t kMaxEntries = 256;
  dnnl::engine engine_{dnnl::engine::kind::cpu, 0};
  dnnl::stream stream_{engine_};
  std::unordered_map<std::string, std::unique_ptr<Entry>> entries_;
};

// The key of an operation on shapes and numbers.
std::string OneDnnKey(std::string_view op,
                      std::initializer_list<std::span<const int64_t>> lists);

// Runs make() and what it built on the caller's memory: arguments by id, in the
// user's layout; reorders where the primitive wants another. `what` names the
// op in errors.
using OneDnnMemory = std::initializer_list<std::pair<int, const void*>>;
Status RunOneDnn(Context& context, std::string_view what,
                 const std::string& key,
                 const std::function<OneDnnCache::Entry(dnnl::engine&)>& make,
                 OneDnnMemory memory);

}  // namespace cairn::compute

#endif  // CAIRN_COMPUTE_ONEDNN_CACHE_H_

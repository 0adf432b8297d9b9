// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
//
// Workers: threads that share out the tiles of a batch. Internal to compute
// and nn.
//
// A tile is taken by whoever is free, so a core that another program slows down
// costs its share and no more. There is one wait per phase, for tiles that are
// being worked on: a thread that did not get a core in time is not waited for,
// the others have taken its tiles. (OpenMP's equal shares and spinning waits,
// one per primitive, stall for a scheduler quantum whenever a core is taken
// away.)
//
// Each thread tells the OpenMP runtime that oneDNN brings along to use that
// thread alone, as the parallelism is here.
#ifndef CAIRN_COMPUTE_WORKERS_H_
#define CAIRN_COMPUTE_WORKERS_H_

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <thread>
#include <vector>

namespace cairn::compute {

class Workers {
 public:
  // `threads` in all, the calling one included; 0: as many as there are cores.
  explicit Workers(int threads);
  ~Workers();
  Workers(const Workers&) = delete;
  Workers& operator=(const Workers&) = delete;

  int threads() const { return static_cast<int>(threads_.size()) + 1; }

  // Calls work(0, thread) ... work(count - 1, thread), each once, on some
  // thread from 0 to threads() - 1; returns when all are done. `count` is at
  // most kMaxCount.
  static constexpr size_t kMaxCount = size_t{1} << 23;
  using Work = std::function<void(int, int)>;
  void ForEach(int count, const Work& work);

 private:
  void Loop(int thread);
  // Works on tiles of the current round until there are none left.
  void Take(int thread);

  // The round (16 bits), its count (24) and the next index (24) in one word, so
  // that taking an index tells for which round. A thread that has a valid index
  // may use work_: the round cannot end, nor the next begin, before it is done.
  std::atomic<uint64_t> tickets_{0};
  const Work* work_ = nullptr;
  std::atomic<int> done_{0};        // of the current round
  std::atomic<uint32_t> round_{0};  // changes when there is work, or at the end
  std::atomic<bool> end_{false};
  std::vector<std::jthread> threads_;  // last: joined before the rest goes
};

// While it lives, OpenMP regions entered by this thread run on it alone.
class SingleThreadedOpenMp {
 public:
  SingleThreadedOpenMp();
  ~SingleThreadedOpenMp();

 private:
  int before_ = 0;
};

}  // namespace cairn::compute

#endif  // CAIRN_COMPUTE_WORKERS_H_

// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
//
// BlockBuilder: makes the contents of one block (layout in block.h).
#ifndef CAIRN_TABLE_BLOCK_BUILDER_H_
#define CAIRN_TABLE_BLOCK_BUILDER_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace cairn::table {

class BlockBuilder {
 public:
  // Every `restart_interval`-th entry (at least 1) carries its whole key.
  explicit BlockBuilder(int restart_interval);

  // Requires a key above the last one, and lengths that fit 32 bits.
  void Add(std::string_view key, std::string_view value);
  // Bytes Finish would return now.
  size_t size() const { return entries_.size() + 4 * restarts_.size() + 4; }
  bool empty() const { return entries_.empty(); }

  // Completes the contents, valid until Clear.
  std::string_view Finish();
  void Clear();

 private:
  int restart_interval_;
  std::string entries_;
  std::vector<uint32_t> restarts_ = {0};
  int since_restart_ = 0;
  std::string last_key_;
};

}  // namespace cairn::table

#endif  // CAIRN_TABLE_BLOCK_BUILDER_H_

// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
//
// Lists of names in messages. Of this room only.
#ifndef CAIRN_SAVER_NAME_LIST_H_
#define CAIRN_SAVER_NAME_LIST_H_

#include <cstddef>
#include <string>
#include <vector>

namespace cairn::saver {

// Names listed in a message.
inline constexpr size_t kMaxNamesListed = 20;

// "a, b, ... 7 more"
std::string NameList(const std::vector<std::string>& names);

}  // namespace cairn::saver

#endif  // CAIRN_SAVER_NAME_LIST_H_

// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
//
// Names of devices: "/job:worker/replica:0/task:1/device:CPU:0", any part of it
// left out; the last also as "/cpu:0".
#include <array>
#include <charconv>
#include <cstdint>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

#include "cairn/base/strings.h"
#include "cairn/saver/var_list.h"

namespace cairn::saver {
namespace {

bool IsIndex(std::string_view text) {
  int32_t number = 0;
  const char* end = text.data() + text.size();
  const auto [at, error] = std::from_chars(text.data(), end, number);
  return text == "*" || (error == std::errc() && at == end && number >= 0);
}

std::string UpperCase(std::string_view text) {
  std::string upper(text);
  for (char& c : upper) {
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
  }
  return upper;
}

// Where a part stands in the name: job, replica, task, device; -1: nowhere.
// `out` gets its canonical text.
int PlaceOfPart(std::string_view part, std::string* out) {
  const std::vector<std::string_view> words = Split(part, ':');
  const std::string_view kind = words[0];
  if (kind == "device") {
    if (words.size() != 3 || words[1].empty() || !IsIndex(words[2])) return -1;
    *out = StrCat("/device:", UpperCase(words[1]), ":", words[2]);
    return 3;
  }
  if (words.size() != 2 || kind.empty() || words[1].empty()) return -1;
  *out = StrCat("/", kind, ":", words[1]);
  if (kind == "job") return 0;
  if (!IsIndex(words[1])) return -1;
  if (kind == "replica") return 1;
  if (kind == "task") return 2;
  *out = StrCat("/device:", UpperCase(kind), ":", words[1]);
  return 3;
}

}  // namespace

StatusOr<std::string> CanonicalDevice(std::string_view device) {
  std::array<std::string, 4> parts;
  for (const std::string_view part : Split(device, '/')) {
    if (part.empty()) continue;
    std::string text;
    const int place = PlaceOfPart(part, &text);
    if (place < 0) {
      return InvalidArgumentError(
          StrCat("'", Escape(device), "' names no device: '", Escape(part),
                 "' is not job:name, replica:N, task:N or type:N"));
    }
    parts[static_cast<size_t>(place)] = std::move(text);
  }
  return StrCat(parts[0], parts[1], parts[2], parts[3]);
}

}  // namespace cairn::saver

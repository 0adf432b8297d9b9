// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
//
// Reads the .npz files that numpy.savez makes (zip archives of stored, not
// compressed, .npy members). For tests, on files they trust.
#ifndef CAIRN_DATA_TEST_NPZ_H_
#define CAIRN_DATA_TEST_NPZ_H_

#include <gtest/gtest.h>

#include <map>
#include <string>

#include "cairn/base/endian.h"
#include "cairn/base/file_system.h"
#include "cairn/data/npy.h"
#include "cairn/tensor/tensor.h"

namespace cairn::data {

using Npz = std::map<std::string, Tensor>;

// The arrays by name, without ".npy"; `path` is below the golden cases.
inline Npz LoadGoldenNpz(const std::string& path) {
  Npz arrays;
  const std::string full = std::string(CAIRN_GOLDEN_DIR) + "/cases/" + path;
  StatusOr<std::string> file = LocalFileSystem().ReadFile(full, 1 << 26);
  if (!file.ok()) {
    ADD_FAILURE() << Message(file.status());
    return arrays;
  }
  const char* bytes = file->data();
  const auto u16 = [&](size_t at) {
    return LoadLittleEndian<uint16_t>(bytes + at);
  };
  const auto u32 = [&](size_t at) {
    return LoadLittleEndian<uint32_t>(bytes + at);
  };
  const size_t end = file->rfind("PK\x05\x06");
  size_t at = u32(end + 16);
  for (int i = 0; i < u16(end + 10); ++i) {
    EXPECT_EQ(u16(at + 10), 0) << full << ": a member is compressed";
    const size_t local = u32(at + 42);
    const size_t data = local + 30 + u16(local + 26) + u16(local + 28);
    const std::string name(bytes + at + 46, u16(at + 28));
    StatusOr<Tensor> array =
        ParseNpy(std::string_view(*file).substr(data, u32(at + 24)), name);
    if (array.ok()) {
      arrays.emplace(name.substr(0, name.size() - 4), *std::move(array));
    } else {
      ADD_FAILURE() << Message(array.status());
    }
    at += 46 + u16(at + 28) + u16(at + 30) + u16(at + 32);
  }
  return arrays;
}

}  // namespace cairn::data

#endif  // CAIRN_DATA_TEST_NPZ_H_

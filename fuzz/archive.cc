// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
#include "fuzz/archive.h"

#include <algorithm>
#include <cstdint>

#include "cairn/base/endian.h"

namespace cairn::fuzz {
namespace {

constexpr size_t kRecordHeader = 6;

std::string Take(std::string_view& rest, size_t size) {
  size = std::min(size, rest.size());
  std::string taken(rest.substr(0, size));
  rest.remove_prefix(size);
  return taken;
}

}  // namespace

std::vector<ArchivedFile> ParseArchive(std::string_view bytes) {
  std::vector<ArchivedFile> files;
  while (bytes.size() >= kRecordHeader && files.size() < kMaxArchivedFiles) {
    const auto name = LoadLittleEndian<uint16_t>(bytes.data());
    const auto size = LoadLittleEndian<uint32_t>(bytes.data() + 2);
    bytes.remove_prefix(kRecordHeader);
    ArchivedFile file;
    file.name = Take(bytes, name);
    file.contents = Take(bytes, size);
    files.push_back(std::move(file));
  }
  return files;
}

std::string FormatArchive(const std::vector<ArchivedFile>& files) {
  std::string out;
  for (const ArchivedFile& file : files) {
    char header[kRecordHeader];
    StoreLittleEndian(header, static_cast<uint16_t>(file.name.size()));
    StoreLittleEndian(header + 2, static_cast<uint32_t>(file.contents.size()));
    out.append(header, kRecordHeader);
    out += file.name;
    out += file.contents;
  }
  return out;
}

ArchivedFile* FindFile(std::vector<ArchivedFile>& files,
                       std::string_view name) {
  for (ArchivedFile& file : files) {
    if (file.name == name) return &file;
  }
  return nullptr;
}

}  // namespace cairn::fuzz

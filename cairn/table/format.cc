// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
#include "cairn/table/format.h"

#include "cairn/base/crc32c.h"
#include "cairn/base/endian.h"
#include "cairn/base/strings.h"

namespace cairn::table {
namespace {

constexpr size_t kHandlesSize = kFooterSize - sizeof(uint64_t);

std::string HandleText(const BlockHandle& handle) {
  return StrCat("offset ", handle.offset, ", size ", handle.size);
}

}  // namespace

void AppendHandle(std::string& out, const BlockHandle& handle) {
  PutVarint(out, handle.offset);
  PutVarint(out, handle.size);
}

bool ReadHandle(Cursor& in, BlockHandle* handle) {
  return in.ReadVarint64(&handle->offset) && in.ReadVarint64(&handle->size);
}

bool HandleFits(const BlockHandle& handle, uint64_t limit) {
  return limit >= kBlockTrailerSize && handle.size <= kMaxBlockSize &&
         handle.size <= limit - kBlockTrailerSize &&
         handle.offset <= limit - kBlockTrailerSize - handle.size;
}

std::string EncodeFooter(const Footer& footer) {
  std::string out;
  AppendHandle(out, footer.metaindex);
  AppendHandle(out, footer.index);
  out.resize(kHandlesSize, '\0');
  PutFixed64(out, kTableMagic);
  return out;
}

StatusOr<Footer> DecodeFooter(std::string_view bytes, uint64_t file_size) {
  if (bytes.size() != kFooterSize || file_size < kFooterSize) {
    return DataLossError(
        StrCat("file is too short to be an sstable: ", file_size,
               " bytes, a footer takes ", kFooterSize));
  }
  const auto magic = LoadLittleEndian<uint64_t>(bytes.data() + kHandlesSize);
  if (magic != kTableMagic) {
    return DataLossError(StrCat("not an sstable (bad magic number): expected ",
                                Hex(kTableMagic, 16), ", found ",
                                Hex(magic, 16)));
  }
  Footer footer;
  Cursor in(bytes.substr(0, kHandlesSize));
  if (!ReadHandle(in, &footer.metaindex) || !ReadHandle(in, &footer.index)) {
    return DataLossError("bad block handle in the footer: malformed varint");
  }
  // Also catches damage that leaves the numbers alone.
  if (EncodeFooter(footer) != bytes) {
    return DataLossError(
        "bad footer: not the shortest form of its handles, padded with zeros");
  }
  const uint64_t limit = file_size - kFooterSize;
  for (const BlockHandle* handle : {&footer.metaindex, &footer.index}) {
    if (HandleFits(*handle, limit)) continue;
    return DataLossError(StrCat("bad block handle in the footer: the ",
                                handle == &footer.index ? "index" : "metaindex",
                                " block (", HandleText(*handle),
                                ") does not fit before the footer at ", limit));
  }
  return footer;
}

std::string BlockTrailer(std::string_view stored, Compression type) {
  std::string out(1, static_cast<char>(type));
  PutFixed32(out, MaskCrc32c(ExtendCrc32c(Crc32c(stored), out)));
  return out;
}

}  // namespace cairn::table

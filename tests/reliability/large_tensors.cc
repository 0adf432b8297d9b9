// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
//
// usage: large_tensors write-bytes|write-string|check-bytes|check-string PREFIX
//
// Checkpoints whose sizes and offsets do not fit into 32 bits, written or
// checked to the last byte; tests/reliability/large lets TensorFlow do the same
// (large_tensors.py, with the same contents). Both kinds end with a small
// tensor, which then starts beyond 4 GiB.
//
//   bytes   uint8 [2^32 + 5], written as a stream and read in pieces
//   string  string [3], of 1, 2^32 + 1 and 1 bytes: from 2^32 on a length
//           enters the checksum with 8 bytes instead of 4
#include <algorithm>
#include <cstdint>
#include <cstring>
#include <iostream>
#include <string>
#include <string_view>
#include <vector>

#include "cairn/base/commit.h"
#include "cairn/base/endian.h"
#include "cairn/base/file_system.h"
#include "cairn/base/strings.h"
#include "cairn/bundle/reader.h"
#include "cairn/bundle/writer.h"
#include "cairn/tensor/slice.h"

namespace cairn {
namespace {

constexpr uint64_t kBytes = (uint64_t{1} << 32) + 5;
constexpr uint64_t kStringBytes = (uint64_t{1} << 32) + 1;
constexpr size_t kBlock = size_t{1} << 20;

// The contents, a block at a time: its number, then a pattern.
void FillBlock(uint64_t number, std::string& block) {
  block.resize(kBlock);
  for (size_t i = 0; i < kBlock; ++i) block[i] = static_cast<char>(i % 251);
  StoreLittleEndian<uint64_t>(block.data(), number);
}

// Compares bytes that come in order, in pieces of any size, with the contents.
class Expected {
 public:
  Status Compare(std::string_view bytes) {
    while (!bytes.empty()) {
      const size_t within = static_cast<size_t>(at_ % kBlock);
      if (within == 0) FillBlock(at_ / kBlock, block_);
      const size_t size = std::min(bytes.size(), kBlock - within);
      if (std::memcmp(bytes.data(), block_.data() + within, size) != 0) {
        return DataLossError(StrCat("other bytes at or after ", at_));
      }
      at_ += size;
      bytes.remove_prefix(size);
    }
    return OkStatus();
  }
  Status ExpectEnd(uint64_t size) const {
    if (at_ == size) return OkStatus();
    return DataLossError(StrCat(at_, " bytes, expected ", size));
  }

 private:
  uint64_t at_ = 0;
  std::string block_;
};

Status AddBytes(bundle::BundleWriter& writer) {
  CAIRN_ASSIGN_OR_RETURN(
      const auto stream,
      writer.Begin("a", DataType::kUint8, Shape{static_cast<int64_t>(kBytes)}));
  std::string block;
  for (uint64_t at = 0; at < kBytes; at += kBlock) {
    FillBlock(at / kBlock, block);
    const auto size = std::min<uint64_t>(kBlock, kBytes - at);
    CAIRN_RETURN_IF_ERROR(stream->Append(std::string_view(block.data(), size)));
  }
  return stream->Finish();
}

Status AddString(bundle::BundleWriter& writer) {
  std::vector<std::string> strings = {"x", "", "y"};
  strings[1].reserve(kStringBytes);
  std::string block;
  for (uint64_t at = 0; at < kStringBytes; at += kBlock) {
    FillBlock(at / kBlock, block);
    strings[1].append(block.data(),
                      std::min<uint64_t>(kBlock, kStringBytes - at));
  }
  CAIRN_ASSIGN_OR_RETURN(const TensorView view,
                         TensorView::OfStrings(Shape{3}, strings));
  return writer.Add("a", view);
}

Status Write(const std::string& prefix, Status (*add)(bundle::BundleWriter&)) {
  Commit commit(LocalFileSystem(), prefix);
  CAIRN_ASSIGN_OR_RETURN(const auto writer,
                         bundle::BundleWriter::Create(commit, prefix));
  CAIRN_RETURN_IF_ERROR(add(*writer));
  const float small[] = {1, 2, 3};
  CAIRN_RETURN_IF_ERROR(writer->Add("b", TensorView::Of<float>({3}, small)));
  CAIRN_RETURN_IF_ERROR(writer->Finish());
  return commit.Finish();
}

Status CheckSmall(const bundle::BundleReader& reader) {
  CAIRN_ASSIGN_OR_RETURN(const Tensor small, reader.Read("b"));
  const float expected[] = {1, 2, 3};
  if (BitwiseEqual(small, TensorView::Of<float>({3}, expected))) {
    return OkStatus();
  }
  return DataLossError("the tensor after the large one is another");
}

Status CheckBytes(const std::string& prefix) {
  CAIRN_ASSIGN_OR_RETURN(const auto reader,
                         bundle::BundleReader::Open(LocalFileSystem(), prefix));
  Expected expected;
  CAIRN_RETURN_IF_ERROR(reader->Stream(
      "a", [&](std::string_view bytes) { return expected.Compare(bytes); }));
  CAIRN_RETURN_IF_ERROR(expected.ExpectEnd(kBytes));
  // The last elements as a slice that starts beyond 2^32.
  CAIRN_ASSIGN_OR_RETURN(const TensorSlice slice,
                         TensorSlice::Create({{int64_t{1} << 32, 5}}));
  CAIRN_ASSIGN_OR_RETURN(const Tensor tail, reader->ReadSlice("a", slice));
  std::string block;
  FillBlock((uint64_t{1} << 32) / kBlock, block);
  if (tail.bytes() != block.substr(0, 5)) {
    return DataLossError("the slice beyond 2^32 has other bytes");
  }
  return CheckSmall(*reader);
}

Status CheckString(const std::string& prefix) {
  CAIRN_ASSIGN_OR_RETURN(const auto reader,
                         bundle::BundleReader::Open(LocalFileSystem(), prefix));
  Expected expected;
  std::string ends;
  CAIRN_RETURN_IF_ERROR(
      reader->VisitStrings("a", [&](const bundle::StringPart& part) {
        if (part.index == 1) return expected.Compare(part.bytes);
        ends += part.bytes;
        return OkStatus();
      }));
  CAIRN_RETURN_IF_ERROR(expected.ExpectEnd(kStringBytes));
  if (ends != "xy") return DataLossError(StrCat("its neighbours: ", ends));
  return CheckSmall(*reader);
}

Status Run(std::string_view what, const std::string& prefix) {
  if (what == "write-bytes") return Write(prefix, AddBytes);
  if (what == "write-string") return Write(prefix, AddString);
  if (what == "check-bytes") return CheckBytes(prefix);
  if (what == "check-string") return CheckString(prefix);
  return InvalidArgumentError(StrCat("no such command: ", what));
}

}  // namespace
}  // namespace cairn

int main(int argc, char** argv) {
  if (argc != 3) {
    std::cerr << "usage: large_tensors write-bytes|write-string|check-bytes|"
                 "check-string PREFIX\n";
    return 2;
  }
  const cairn::Status status = cairn::Run(argv[1], argv[2]);
  if (!status.ok()) std::cerr << argv[1] << ": " << status << '\n';
  return status.ok() ? 0 : 1;
}

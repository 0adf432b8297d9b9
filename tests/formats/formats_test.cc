// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
//
// Every ```vectors block of docs/formats (vectors.h says how they read): the
// pages cannot say what the code does not do. One test for each kind.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <limits>
#include <string>
#include <vector>

#include "cairn/base/commit.h"
#include "cairn/base/crc32c.h"
#include "cairn/base/cursor.h"
#include "cairn/base/endian.h"
#include "cairn/base/memory_file_system.h"
#include "cairn/base/strings.h"
#include "cairn/base/wire.h"
#include "cairn/bundle/entry.h"
#include "cairn/bundle/reader.h"
#include "cairn/bundle/writer.h"
#include "cairn/object/object_graph.h"
#include "cairn/state/checkpoint_state.h"
#include "cairn/table/table_builder.h"
#include "cairn/tensor/dtype.h"
#include "cairn/tensor/shape_wire.h"
#include "cairn/tensor/slice.h"
#include "cairn/tensor/slice_key.h"
#include "cairn/v1/reader.h"
#include "cairn/v1/writer.h"
#include "vectors.h"

namespace cairn::formats {
namespace {

using ::testing::HasSubstr;

std::string Stored(uint32_t value) {
  std::string bytes;
  PutFixed32(bytes, value);
  return HexBytes(bytes);
}

TensorSlice SliceOf(const Row& row, size_t cell) {
  const std::string text = row.text(cell) == "scalar" ? "" : row.text(cell);
  const StatusOr<TensorSlice> slice = TensorSlice::Parse(text);
  EXPECT_TRUE(slice.ok()) << row.where << ": " << slice.status();
  return slice.value_or(TensorSlice());
}

// A kind that no test reads would be a page that nobody checks.
TEST(Pages, HaveNoVectorsThatNobodyChecks) {
  const std::set<std::string> checked = {
      "checkpoint_state.md double_text",
      "checkpoint_state.md state_accepted",
      "checkpoint_state.md state_path",
      "checkpoint_state.md state_refused",
      "checkpoint_state.md state_string",
      "files.md data_path",
      "files.md meta_path",
      "object_graph.md local_name",
      "primitives.md crc32c",
      "primitives.md ordered_signed",
      "primitives.md ordered_string",
      "primitives.md shape",
      "primitives.md slice",
      "primitives.md slice_key",
      "primitives.md slice_key_refused",
      "primitives.md varint",
      "primitives.md varint_refused",
      "table.md separator",
      "table.md successor",
      "tensor_bundle.md dtype",
      "tensor_bundle.md entry",
      "tensor_bundle.md entry_refused",
      "tensor_bundle.md header",
      "tensor_bundle.md header_refused",
      "tensor_bundle.md strings",
      "v1.md values",
  };
  EXPECT_EQ(AllKinds(), checked);
}

// --- primitives.md ---

TEST(Primitives, VarintsAreAsThePageSays) {
  for (const Row& row : Vectors("primitives.md", "varint")) {
    const uint64_t value = row.unsigned_number(0);
    std::string out;
    PutVarint(out, value);
    EXPECT_EQ(HexBytes(out), HexBytes(row.bytes(1))) << row.where;
    EXPECT_EQ(static_cast<size_t>(VarintLength(value)), out.size());
    Cursor in(out);
    uint64_t back = ~value;
    EXPECT_TRUE(in.ReadVarint64(&back) && in.empty()) << row.where;
    EXPECT_EQ(back, value) << row.where;
  }
}

TEST(Primitives, VarintsThePageRefusesAreRefused) {
  for (const Row& row : Vectors("primitives.md", "varint_refused")) {
    const std::string bytes = row.bytes(1);
    Cursor in(bytes);
    uint64_t wide = 0;
    uint32_t narrow = 0;
    EXPECT_FALSE(row.text(0) == "32" ? in.ReadVarint32(&narrow)
                                     : in.ReadVarint64(&wide))
        << row.where;
  }
}

TEST(Primitives, ChecksumsAreAsThePageSays) {
  for (const Row& row : Vectors("primitives.md", "crc32c")) {
    const uint32_t crc = Crc32c(row.bytes(0));
    EXPECT_EQ(Hex(crc, 8), row.text(1)) << row.where;
    EXPECT_EQ(Hex(MaskCrc32c(crc), 8), row.text(2)) << row.where;
    EXPECT_EQ(Stored(MaskCrc32c(crc)), row.text(3)) << row.where;
    EXPECT_EQ(UnmaskCrc32c(MaskCrc32c(crc)), crc) << row.where;
  }
}

// Numbers in a slice key: from 0 on as a start; below 0 they cannot stand in a
// slice, and the refusal says which was read.
TEST(Primitives, OrderedNumbersAreAsThePageSays) {
  const std::string front("\x00\x00\x01\x01\x01", 5);
  for (const Row& row : Vectors("primitives.md", "ordered_signed")) {
    const int64_t value = row.number(0);
    const auto decoded =
        DecodeTensorNameSlice(front + row.bytes(1) + std::string("\x81"));
    if (value < 0 || value == std::numeric_limits<int64_t>::max()) {
      const std::string number =
          value < 0 ? StrCat("start = ", value, ",") : StrCat(value, ",1");
      EXPECT_THAT(Message(decoded.status()), HasSubstr(number)) << row.where;
      continue;
    }
    ASSERT_TRUE(decoded.ok()) << row.where << ": " << decoded.status();
    EXPECT_EQ(decoded->slice.extent(0).start, value) << row.where;
  }
}

TEST(Primitives, OrderedStringsAreAsThePageSays) {
  for (const Row& row : Vectors("primitives.md", "ordered_string")) {
    const std::string key = EncodeTensorNameSlice(row.bytes(0), TensorSlice());
    EXPECT_EQ(HexBytes(key), StrCat("00", HexBytes(row.bytes(1)), "00"))
        << row.where;
  }
}

TEST(Primitives, SliceKeysAreAsThePageSays) {
  for (const Row& row : Vectors("primitives.md", "slice_key")) {
    const TensorSlice slice = SliceOf(row, 1);
    const std::string key = EncodeTensorNameSlice(row.bytes(0), slice);
    EXPECT_EQ(HexBytes(key), HexBytes(row.bytes(2))) << row.where;
    const auto back = DecodeTensorNameSlice(row.bytes(2));
    ASSERT_TRUE(back.ok()) << row.where << ": " << back.status();
    EXPECT_EQ(back->name, row.bytes(0)) << row.where;
    EXPECT_EQ(back->slice, slice) << row.where;
  }
}

TEST(Primitives, SliceKeysThePageRefusesAreRefused) {
  for (const Row& row : Vectors("primitives.md", "slice_key_refused")) {
    EXPECT_EQ(DecodeTensorNameSlice(row.bytes(0)).status().code(),
              absl::StatusCode::kDataLoss)
        << row.where;
  }
}

TEST(Primitives, ShapesAreAsThePageSays) {
  for (const Row& row : Vectors("primitives.md", "shape")) {
    const StatusOr<Shape> shape = DecodeShape(row.bytes(1));
    ASSERT_TRUE(shape.ok()) << row.where << ": " << shape.status();
    EXPECT_EQ(shape->ToString(), row.text(0)) << row.where;
    EXPECT_EQ(HexBytes(EncodeShape(*shape)), HexBytes(row.bytes(1)))
        << row.where;
  }
}

TEST(Primitives, SlicesAreAsThePageSays) {
  for (const Row& row : Vectors("primitives.md", "slice")) {
    const TensorSlice slice = SliceOf(row, 0);
    EXPECT_EQ(HexBytes(EncodeSlice(slice)), HexBytes(row.bytes(1)))
        << row.where;
    const StatusOr<TensorSlice> back = DecodeSlice(row.bytes(1));
    ASSERT_TRUE(back.ok()) << row.where << ": " << back.status();
    EXPECT_EQ(*back, slice) << row.where;
  }
}

// --- table.md ---

TEST(TablePage, IndexKeysAreAsThePageSays) {
  for (const Row& row : Vectors("table.md", "separator")) {
    EXPECT_EQ(HexBytes(table::ShortestSeparator(row.bytes(0), row.bytes(1))),
              HexBytes(row.bytes(2)))
        << row.where;
  }
  for (const Row& row : Vectors("table.md", "successor")) {
    EXPECT_EQ(HexBytes(table::ShortSuccessor(row.bytes(0))),
              HexBytes(row.bytes(1)))
        << row.where;
  }
}

// --- tensor_bundle.md ---

TEST(BundlePage, TypesAreAsThePageSays) {
  size_t rows = 0;
  for (const Row& row : Vectors("tensor_bundle.md", "dtype")) {
    const DataTypeInfo* info =
        FindDataType(static_cast<int32_t>(row.number(0)));
    ASSERT_NE(info, nullptr) << row.where;
    EXPECT_EQ(info->enum_name, row.text(1)) << row.where;
    EXPECT_EQ(info->name, row.text(2)) << row.where;
    EXPECT_EQ(info->size, row.number(3)) << row.where;
    EXPECT_EQ(info->size == 0 ? 0 : info->swap_unit, row.number(4))
        << row.where;
    ++rows;
  }
  EXPECT_EQ(rows, AllDataTypes().size());
}

TEST(BundlePage, HeadersAreAsThePageSays) {
  for (const Row& row : Vectors("tensor_bundle.md", "header")) {
    const auto header = bundle::DecodeHeader(row.bytes(0));
    ASSERT_TRUE(header.ok()) << row.where << ": " << header.status();
    EXPECT_EQ(header->num_shards, row.number(1)) << row.where;
    EXPECT_EQ(static_cast<int64_t>(header->endianness), row.number(2))
        << row.where;
    EXPECT_EQ(header->producer, row.number(3)) << row.where;
    EXPECT_EQ(HexBytes(bundle::EncodeHeader(*header)), HexBytes(row.bytes(0)))
        << row.where;
  }
  for (const Row& row : Vectors("tensor_bundle.md", "header_refused")) {
    EXPECT_EQ(bundle::DecodeHeader(row.bytes(0)).status().code(),
              absl::StatusCode::kDataLoss)
        << row.where;
  }
}

TEST(BundlePage, EntriesAreAsThePageSays) {
  for (const Row& row : Vectors("tensor_bundle.md", "entry")) {
    const auto entry = bundle::DecodeEntry(row.bytes(0));
    ASSERT_TRUE(entry.ok()) << row.where << ": " << entry.status();
    EXPECT_EQ(DataTypeName(entry->dtype), row.text(1)) << row.where;
    EXPECT_EQ(entry->shape.ToString(), row.text(2)) << row.where;
    EXPECT_EQ(entry->shard_id, row.number(3)) << row.where;
    EXPECT_EQ(entry->offset, row.number(4)) << row.where;
    EXPECT_EQ(entry->size, row.number(5)) << row.where;
    EXPECT_EQ(Hex(entry->masked_crc32c, 8), row.text(6)) << row.where;
    EXPECT_EQ(static_cast<int64_t>(entry->slices.size()), row.number(7))
        << row.where;
    EXPECT_EQ(HexBytes(bundle::EncodeEntry(*entry)), HexBytes(row.bytes(0)))
        << row.where;
  }
}

TEST(BundlePage, EntriesThePageRefusesAreRefused) {
  for (const Row& row : Vectors("tensor_bundle.md", "entry_refused")) {
    const Status status = bundle::DecodeEntry(row.bytes(0)).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kDataLoss) << row.where;
    EXPECT_THAT(Message(status), HasSubstr(row.bytes(1))) << row.where;
  }
}

TEST(BundlePage, StringTensorsAreAsThePageSays) {
  for (const Row& row : Vectors("tensor_bundle.md", "strings")) {
    std::vector<std::string> strings;
    for (size_t i = 3; i < row.cells.size(); ++i) {
      strings.push_back(row.bytes(i));
    }
    const Tensor tensor =
        *Tensor::OfStrings(Shape{static_cast<int64_t>(strings.size())}, strings,
                           *DataTypeFromName(row.text(0)));
    MemoryFileSystem fs;
    Commit commit(fs, "m");
    auto writer = bundle::BundleWriter::Create(commit, "m");
    ASSERT_TRUE(writer.ok());
    ASSERT_TRUE((*writer)->Add("t", tensor.view()).ok()) << row.where;
    ASSERT_TRUE((*writer)->Finish().ok()) << row.where;
    ASSERT_TRUE(commit.Finish().ok()) << row.where;
    const auto stored = fs.ReadFile(bundle::DataPath("m", 0, 1), 1 << 20);
    EXPECT_EQ(HexBytes(*stored), HexBytes(row.bytes(1))) << row.where;
    const auto reader = bundle::BundleReader::Open(fs, "m");
    ASSERT_TRUE(reader.ok()) << row.where << ": " << reader.status();
    EXPECT_EQ(Hex((*reader)->Lookup("t")->masked_crc32c, 8), row.text(2))
        << row.where;
    const auto back = (*reader)->Read("t");
    ASSERT_TRUE(back.ok()) << row.where << ": " << back.status();
    EXPECT_EQ(back->strings(), strings) << row.where;
  }
}

// --- v1.md ---

// A file of one tensor "t" has the values' message, and reads back.
TEST(V1Page, ValuesAreAsThePageSays) {
  for (const Row& row : Vectors("v1.md", "values")) {
    const DataType dtype = *DataTypeFromName(row.text(0));
    const std::string elements = row.bytes(1);
    const auto count =
        static_cast<int64_t>(elements.size()) / DataTypeSize(dtype);
    const auto view = TensorView::Create(dtype, Shape{count}, elements);
    ASSERT_TRUE(view.ok()) << row.where << ": " << view.status();
    MemoryFileSystem fs;
    Commit commit(fs, "t.ckpt");
    auto writer = v1::V1Writer::Create(commit, "t.ckpt");
    ASSERT_TRUE(writer.ok());
    ASSERT_TRUE((*writer)->Add("t", *view).ok()) << row.where;
    ASSERT_TRUE((*writer)->Finish().ok()) << row.where;
    ASSERT_TRUE(commit.Finish().ok()) << row.where;
    std::string slice;
    PutMessage(slice, 1, "t");
    PutMessage(slice, 2, EncodeSlice(TensorSlice(1)));
    PutMessage(slice, 3, row.bytes(2));
    std::string record;
    PutMessage(record, 2, slice);
    EXPECT_THAT(HexBytes(*fs.ReadFile("t.ckpt", 1 << 20)),
                HasSubstr(HexBytes(record)))
        << row.where;
    const auto reader = v1::V1Reader::Open(fs, "t.ckpt");
    ASSERT_TRUE(reader.ok()) << row.where << ": " << reader.status();
    const auto back = (*reader)->Read("t");
    ASSERT_TRUE(back.ok()) << row.where << ": " << back.status();
    EXPECT_EQ(HexBytes(back->view().bytes()), HexBytes(elements)) << row.where;
  }
}

// --- files.md ---

TEST(FilesPage, NamesAreAsThePageSays) {
  for (const Row& row : Vectors("files.md", "data_path")) {
    EXPECT_EQ(bundle::DataPath(row.text(0), static_cast<int32_t>(row.number(1)),
                               static_cast<int32_t>(row.number(2))),
              row.text(3))
        << row.where;
  }
  for (const Row& row : Vectors("files.md", "meta_path")) {
    EXPECT_EQ(state::MetaGraphPath(row.text(0)), row.text(1)) << row.where;
  }
}

// --- checkpoint_state.md ---

TEST(StatePage, NumbersAreAsThePageSays) {
  for (const Row& row : Vectors("checkpoint_state.md", "double_text")) {
    EXPECT_EQ(PythonRepr(std::strtod(row.text(0).c_str(), nullptr)),
              row.text(1))
        << row.where;
  }
}

TEST(StatePage, StringsAreAsThePageSays) {
  for (const Row& row : Vectors("checkpoint_state.md", "state_string")) {
    state::CheckpointState wanted;
    wanted.model_checkpoint_path = row.bytes(0);
    const std::string text = state::FormatCheckpointState(wanted);
    EXPECT_EQ(text, StrCat("model_checkpoint_path: ", row.bytes(1), "\n"))
        << row.where;
    const auto back = state::ParseCheckpointState(text);
    ASSERT_TRUE(back.ok()) << row.where << ": " << back.status();
    EXPECT_EQ(*back, wanted) << row.where;
  }
}

TEST(StatePage, TextsThePageAcceptsAreAccepted) {
  for (const Row& row : Vectors("checkpoint_state.md", "state_accepted")) {
    const auto state = state::ParseCheckpointState(row.bytes(0));
    ASSERT_TRUE(state.ok()) << row.where << ": " << state.status();
    EXPECT_EQ(state->model_checkpoint_path, row.bytes(1)) << row.where;
    EXPECT_EQ(state->all_model_checkpoint_paths.size(), row.unsigned_number(2))
        << row.where;
    EXPECT_EQ(PythonRepr(state->last_preserved_timestamp), row.text(3))
        << row.where;
  }
}

TEST(StatePage, TextsThePageRefusesAreRefused) {
  for (const Row& row : Vectors("checkpoint_state.md", "state_refused")) {
    EXPECT_EQ(state::ParseCheckpointState(row.bytes(0)).status().code(),
              absl::StatusCode::kDataLoss)
        << row.where;
  }
}

TEST(StatePage, PathsAreAsThePageSays) {
  for (const Row& row : Vectors("checkpoint_state.md", "state_path")) {
    const auto style = row.text(2) == "relative" ? state::PathStyle::kRelative
                                                 : state::PathStyle::kAsGiven;
    const auto state = state::MakeCheckpointState(row.bytes(0), row.bytes(1),
                                                  {}, {}, std::nullopt, style);
    ASSERT_TRUE(state.ok()) << row.where << ": " << state.status();
    EXPECT_EQ(state->model_checkpoint_path, row.bytes(3)) << row.where;
  }
}

// --- object_graph.md ---

TEST(ObjectGraphPage, NamesAreEscapedAsThePageSays) {
  for (const Row& row : Vectors("object_graph.md", "local_name")) {
    EXPECT_EQ(object::EscapeLocalName(row.bytes(0)), row.bytes(1)) << row.where;
    const auto back = object::UnescapeLocalName(row.bytes(1));
    ASSERT_TRUE(back.ok()) << row.where << ": " << back.status();
    EXPECT_EQ(*back, row.bytes(0)) << row.where;
  }
}

}  // namespace
}  // namespace cairn::formats

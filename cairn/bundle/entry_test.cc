// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
#include "cairn/bundle/entry.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <functional>
#include <limits>
#include <random>
#include <string>
#include <vector>

#include "cairn/base/strings.h"
#include "cairn/proto/tensor_bundle.pb.h"

namespace cairn::bundle {
namespace {

constexpr int64_t kMax = std::numeric_limits<int64_t>::max();

// A valid entry: float32 [2,3] at 8 of shard 1.
proto::BundleEntryProto GoodEntry() {
  proto::BundleEntryProto entry;
  entry.set_dtype(proto::DT_FLOAT);
  entry.mutable_shape()->add_dim()->set_size(2);
  entry.mutable_shape()->add_dim()->set_size(3);
  entry.set_shard_id(1);
  entry.set_offset(8);
  entry.set_size(24);
  entry.set_crc32c(0x12345678);
  return entry;
}

// One slice of the whole tensor [2,3].
void AddSlice(proto::BundleEntryProto* entry, int64_t start, int64_t length) {
  proto::TensorSliceProto* slice = entry->add_slices();
  proto::TensorSliceProto::Extent* extent = slice->add_extent();
  extent->set_start(start);
  extent->set_length(length);
  slice->add_extent();
}

void ExpectRejected(const std::string& bytes, const std::string& text) {
  const StatusOr<BundleEntry> entry = DecodeEntry(bytes);
  EXPECT_EQ(entry.status().code(), absl::StatusCode::kDataLoss) << text;
  EXPECT_NE(Message(entry.status()).find(text), std::string::npos)
      << entry.status();
}

void ExpectRejected(const std::function<void(proto::BundleEntryProto*)>& change,
                    const std::string& text) {
  proto::BundleEntryProto entry = GoodEntry();
  change(&entry);
  ExpectRejected(entry.SerializeAsString(), text);
}

TEST(DecodeEntry, ReadsEveryField) {
  const StatusOr<BundleEntry> entry =
      DecodeEntry(GoodEntry().SerializeAsString());
  ASSERT_TRUE(entry.ok()) << entry.status();
  EXPECT_EQ(entry->dtype, DataType::kFloat);
  EXPECT_EQ(entry->shape.ToString(), "[2,3]");
  EXPECT_EQ(entry->shard_id, 1);
  EXPECT_EQ(entry->offset, 8);
  EXPECT_EQ(entry->size, 24);
  EXPECT_EQ(entry->masked_crc32c, 0x12345678u);
  EXPECT_TRUE(entry->slices.empty());
}

TEST(EncodeEntry, WritesTheBytesProtobufWrites) {
  std::mt19937 random(7);
  for (int round = 0; round < 2000; ++round) {
    const auto pick = [&](uint32_t n) { return random() % n; };
    BundleEntry entry;
    proto::BundleEntryProto message;
    const auto types = AllDataTypes();
    do {
      entry.dtype = types[pick(static_cast<uint32_t>(types.size()))].dtype;
    } while (!IsFixedSize(entry.dtype));
    message.set_dtype(static_cast<proto::DataType>(entry.dtype));
    std::vector<int64_t> dims(pick(5));
    message.mutable_shape();
    for (int64_t& dim : dims) {
      dim = pick(3) == 0 ? 0 : 1 + pick(1u << pick(12));
      message.mutable_shape()->add_dim()->set_size(dim);
    }
    entry.shape = *Shape::Create(dims);
    if (pick(3) == 0 && !dims.empty() && entry.shape.num_elements() > 0) {
      for (int i = 0; i < 2; ++i) {
        std::vector<SliceExtent> extents;
        proto::TensorSliceProto* slice = message.add_slices();
        for (const int64_t dim : dims) {
          proto::TensorSliceProto::Extent* extent = slice->add_extent();
          if (pick(2) == 0) {
            extents.push_back({});
            continue;
          }
          const int64_t start = static_cast<int64_t>(random()) % dim;
          const int64_t length =
              1 + static_cast<int64_t>(random()) % (dim - start);
          extents.push_back({start, length});
          extent->set_start(start);
          extent->set_length(length);
        }
        entry.slices.push_back(*TensorSlice::Create(extents));
      }
    } else {
      entry.shard_id = static_cast<int32_t>(pick(3));
      entry.offset =
          pick(4) == 0 ? 0 : static_cast<int64_t>(random()) << pick(20);
      entry.size = *ByteSize(entry.shape, DataTypeSize(entry.dtype));
      entry.masked_crc32c = pick(20) == 0 ? 0 : static_cast<uint32_t>(random());
      message.set_shard_id(entry.shard_id);
      message.set_offset(entry.offset);
      message.set_size(entry.size);
      message.set_crc32c(entry.masked_crc32c);
    }
    const std::string bytes = EncodeEntry(entry);
    ASSERT_EQ(HexBytes(bytes), HexBytes(message.SerializeAsString()));
    const StatusOr<BundleEntry> back = DecodeEntry(bytes);
    ASSERT_TRUE(back.ok()) << back.status();
    EXPECT_EQ(EncodeEntry(*back), bytes);
    EXPECT_EQ(back->slices, entry.slices);
  }
}

// proto3 leaves out a fixed32 of 0, whatever it means.
TEST(EncodeEntry, LeavesOutAChecksumThatIsMaskedToZero) {
  BundleEntry entry;
  entry.dtype = DataType::kInt32;
  entry.size = 4;
  EXPECT_EQ(HexBytes(EncodeEntry(entry)), "080312002804");
  const StatusOr<BundleEntry> back = DecodeEntry(EncodeEntry(entry));
  ASSERT_TRUE(back.ok()) << back.status();
  EXPECT_EQ(back->masked_crc32c, 0u);
}

TEST(DecodeEntry, SkipsUnknownFields) {
  std::string bytes = GoodEntry().SerializeAsString();
  bytes += "\x78\x05";                      // 15: varint
  bytes += std::string("\x7d\1\2\3\4", 5);  // 15: fixed32
  bytes +=
      "\x7a\x03"
      "abc";  // 15: bytes
  bytes +=
      "\x79"
      "12345678";  // 15: fixed64
  EXPECT_TRUE(DecodeEntry(bytes).ok());
}

TEST(DecodeEntry, TakesTheLastOfRepeatedScalarsAndMergesShapes) {
  proto::BundleEntryProto first = GoodEntry();
  first.mutable_shape()->mutable_dim()->RemoveLast();
  first.set_offset(1000);
  proto::BundleEntryProto second;
  second.mutable_shape()->add_dim()->set_size(3);
  second.set_offset(8);
  const auto entry =
      DecodeEntry(first.SerializeAsString() + second.SerializeAsString());
  ASSERT_TRUE(entry.ok()) << entry.status();
  EXPECT_EQ(entry->shape.ToString(), "[2,3]");
  EXPECT_EQ(entry->offset, 8);
}

TEST(DecodeEntry, RejectsEveryTruncationThatCutsAField) {
  const std::string good = GoodEntry().SerializeAsString();
  for (size_t n = 0; n < good.size(); ++n) {
    // A cut between fields drops some: then the size no longer fits.
    const StatusOr<BundleEntry> entry = DecodeEntry(good.substr(0, n));
    const bool only_crc_missing = n == good.size() - 5;
    EXPECT_EQ(entry.ok(), only_crc_missing) << n;
  }
}

TEST(DecodeEntry, SurvivesEveryByteChange) {
  proto::BundleEntryProto with_slices = GoodEntry();
  AddSlice(&with_slices, 1, 1);
  for (const auto& message : {GoodEntry(), with_slices}) {
    const std::string good = message.SerializeAsString();
    for (size_t i = 0; i < good.size(); ++i) {
      for (int byte = 0; byte < 256; ++byte) {
        std::string bad = good;
        bad[i] = static_cast<char>(byte);
        const StatusOr<BundleEntry> entry = DecodeEntry(bad);
        if (entry.ok()) {
          // What passes is consistent.
          EXPECT_TRUE(DecodeEntry(EncodeEntry(*entry)).ok());
        } else {
          EXPECT_EQ(entry.status().code(), absl::StatusCode::kDataLoss);
        }
      }
    }
  }
}

TEST(DecodeEntry, RejectsTypesThatNoFileHolds) {
  for (const int dtype : {0, 20, 34, 99, 101, 119, 133, -1}) {
    ExpectRejected(
        [&](auto* e) { e->set_dtype(static_cast<proto::DataType>(dtype)); },
        StrCat("dtype ", dtype));
  }
}

TEST(DecodeEntry, RejectsShapesThatAreNone) {
  const auto dim = [](int64_t size) {
    return [size](proto::BundleEntryProto* e) {
      e->mutable_shape()->mutable_dim(0)->set_size(size);
    };
  };
  ExpectRejected(dim(-1), "Invalid tensor shape");
  ExpectRejected(dim(std::numeric_limits<int64_t>::min()),
                 "Invalid tensor shape");
  ExpectRejected(dim(kMax), "Invalid tensor shape");
  ExpectRejected([](auto* e) { e->mutable_shape()->set_unknown_rank(true); },
                 "unknown rank");
  ExpectRejected(
      [](auto* e) {
        for (int i = 0; i < 253; ++i)
          e->mutable_shape()->add_dim()->set_size(1);
      },
      "254");
  // The product leaves int64 on the way, though it ends in zero.
  ExpectRejected(
      [](auto* e) {
        e->mutable_shape()->mutable_dim(0)->set_size(int64_t{1} << 40);
        e->mutable_shape()->mutable_dim(1)->set_size(int64_t{1} << 40);
        e->mutable_shape()->add_dim()->set_size(0);
        e->set_size(0);
      },
      "Invalid tensor shape");
}

TEST(DecodeEntry, RejectsPlacesThatAreNone) {
  ExpectRejected([](auto* e) { e->set_offset(-1); }, "bad place");
  ExpectRejected([](auto* e) { e->set_size(-24); }, "bad place");
  ExpectRejected([](auto* e) { e->set_shard_id(-1); }, "bad place");
  ExpectRejected([](auto* e) { e->set_offset(kMax - 23); }, "bad place");
}

TEST(DecodeEntry, RejectsSizesThatAreNotTheShapes) {
  for (const int64_t size : {0, 23, 25, 12}) {
    ExpectRejected([&](auto* e) { e->set_size(size); }, "expected size 24");
  }
  // 2^61 doubles are 2^64 bytes: 0 modulo 2^64.
  ExpectRejected(
      [](auto* e) {
        e->set_dtype(proto::DT_DOUBLE);
        e->mutable_shape()->mutable_dim(0)->set_size(int64_t{1} << 60);
        e->mutable_shape()->mutable_dim(1)->set_size(2);
        e->set_size(0);
      },
      "Invalid size");
  const auto of = [](proto::DataType dtype, int64_t size) {
    return [=](proto::BundleEntryProto* e) {
      e->set_dtype(dtype);
      e->set_size(size);
    };
  };
  ExpectRejected(of(proto::DT_STRING, 9), "at least 6 + 4");
  ExpectRejected(of(proto::DT_STRING, 0), "at least 6 + 4");
  ExpectRejected(of(proto::DT_VARIANT, 29), "at least 5 * 6");
}

TEST(DecodeEntry, RejectsSlicesOutsideTheShape) {
  ExpectRejected([](auto* e) { AddSlice(e, 1, 2); }, "out of bounds");
  ExpectRejected([](auto* e) { AddSlice(e, -1, 1); }, "non-negative");
  ExpectRejected([](auto* e) { AddSlice(e, 0, 0); }, "positive length");
  ExpectRejected([](auto* e) { AddSlice(e, 0, -1); }, "TensorSliceProto");
  ExpectRejected([](auto* e) { AddSlice(e, kMax, kMax); }, "2^63-1");
  ExpectRejected([](auto* e) { e->add_slices()->add_extent(); }, "rank");
  ExpectRejected(
      [](auto* e) {
        AddSlice(e, 1, 1);
        e->mutable_slices(0)->mutable_extent(1)->set_start(1);
      },
      "takes all");
}

TEST(DecodeEntry, IgnoresThePlaceOfATensorInPieces) {
  proto::BundleEntryProto message = GoodEntry();
  message.set_offset(-5);
  message.set_size(3);
  AddSlice(&message, 0, 1);
  AddSlice(&message, 1, 1);
  const auto entry = DecodeEntry(message.SerializeAsString());
  ASSERT_TRUE(entry.ok()) << entry.status();
  ASSERT_EQ(entry->slices.size(), 2u);
  EXPECT_EQ(entry->slices[1].ToString(), "1,1:-");
  EXPECT_EQ(entry->offset, 0);
  EXPECT_EQ(entry->size, 0);
}

TEST(DecodeEntry, RejectsFieldsOfAnotherWireType) {
  const std::string good = GoodEntry().SerializeAsString();
  for (const int field : {1, 3, 4, 5}) {
    const std::string tag(1, static_cast<char>(field << 3 | 5));
    ExpectRejected(good + tag + "1234", "malformed BundleEntryProto");
  }
  ExpectRejected(good + "\x10\x01", "malformed");                // shape
  ExpectRejected(good + "\x30\x01", "malformed");                // crc32c
  ExpectRejected(good + "\x38\x01", "malformed");                // slices
  ExpectRejected(good + "\x0b\x0c", "malformed");                // a group
  ExpectRejected(good + std::string("\0\x01", 2), "malformed");  // field 0
}

TEST(DecodeEntry, RejectsShardNumbersBeyond32Bits) {
  std::string bytes = GoodEntry().SerializeAsString();
  bytes += "\x18\x81\x80\x80\x80\x10";  // 2^32 + 1
  ExpectRejected(bytes, "malformed");
}

TEST(DecodeHeader, ReadsWhatTfWrites) {
  EXPECT_EQ(HexBytes(EncodeHeader({})), "08011a020801");
  BundleHeader big;
  big.num_shards = 2;
  big.endianness = Endianness::kBig;
  EXPECT_EQ(HexBytes(EncodeHeader(big)), "080210011a020801");
  proto::BundleHeaderProto message;
  message.set_num_shards(3);
  message.set_endianness(proto::BundleHeaderProto::BIG);
  message.mutable_version()->set_producer(99);
  message.mutable_version()->set_min_consumer(1);
  message.mutable_version()->add_bad_consumers(2);
  message.mutable_version()->add_bad_consumers(-3);
  const auto header = DecodeHeader(message.SerializeAsString());
  ASSERT_TRUE(header.ok()) << header.status();
  EXPECT_EQ(header->num_shards, 3);
  EXPECT_EQ(header->endianness, Endianness::kBig);
  EXPECT_EQ(header->producer, 99);
  EXPECT_EQ(header->min_consumer, 1);
  EXPECT_EQ(header->bad_consumers, (std::vector<int32_t>{2, -3}));
  EXPECT_EQ(EncodeHeader(*header), message.SerializeAsString());
}

TEST(DecodeHeader, AcceptsAMissingVersion) {
  const auto header = DecodeHeader("\x08\x01");
  ASSERT_TRUE(header.ok());
  EXPECT_EQ(header->producer, 0);
}

TEST(DecodeHeader, RejectsWhatIsNoHeader) {
  for (const std::string& bytes :
       {std::string(), std::string("\x08\x00", 2), std::string("\x08"),
        std::string("\x08\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01"),
        std::string("\x08\x81\x80\x40"), std::string("\x08\x01\x10\x02"),
        std::string("\x08\x01\x18\x01"), std::string("\x08\x01\x1a\x05\x08"),
        std::string("\x0a\x01\x31"), std::string("\x08\x01\x1a\x02\x0d\x01")}) {
    EXPECT_EQ(DecodeHeader(bytes).status().code(), absl::StatusCode::kDataLoss)
        << HexBytes(bytes);
  }
}

TEST(Paths, PadNumbersToFiveDigits) {
  EXPECT_EQ(IndexPath("a/b"), "a/b.index");
  EXPECT_EQ(DataPath("a/b", 0, 1), "a/b.data-00000-of-00001");
  EXPECT_EQ(DataPath("b", 99999, 123456), "b.data-99999-of-123456");
}

}  // namespace
}  // namespace cairn::bundle

// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
#include "cairn/bundle/writer.h"

#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "cairn/base/commit.h"
#include "cairn/base/fault_file_system.h"
#include "cairn/base/memory_file_system.h"
#include "cairn/base/strings.h"
#include "cairn/bundle/reader.h"

namespace cairn::bundle {
namespace {

using Body = std::function<Status(BundleWriter&)>;

Status Write(FileSystem& fs, const std::string& prefix, const Body& body,
             BundleWriterOptions options = {}) {
  Commit commit(fs, prefix);
  CAIRN_ASSIGN_OR_RETURN(auto writer,
                         BundleWriter::Create(commit, prefix, options));
  CAIRN_RETURN_IF_ERROR(body(*writer));
  CAIRN_RETURN_IF_ERROR(writer->Finish());
  return commit.Finish();
}

Status AddExample(BundleWriter& writer) {
  const float b[] = {1.5f, -2.0f};
  CAIRN_RETURN_IF_ERROR(writer.Add("b", TensorView::Of<float>({2}, b)));
  return writer.Add("a", Tensor::Scalar<int64_t>(7));
}

std::string FileHex(MemoryFileSystem& fs, const std::string& path) {
  return HexBytes(fs.Files().at(path));
}

TEST(BundleWriter, WritesTheWorkedExampleOfTf) {
  MemoryFileSystem fs;
  ASSERT_TRUE(Write(fs, "m", AddExample).ok());
  EXPECT_EQ(FileHex(fs, "m.data-00000-of-00001"),
            "0000c03f000000c0"
            "0700000000000000");
  EXPECT_EQ(FileHex(fs, "m.index"),
            "000006"
            "08011a020801"
            "00010d"
            "61"
            "080912002008280835bbd79f11"
            "00010f"
            "62"
            "0801120412020802280835"
            "3d33c8f4"
            "0000000001000000"
            "006e94ad96"
            "0000000001000000"
            "00c0f2a1b0"
            "000102"
            "63"
            "0035"
            "0000000001000000"
            "007e2c7d04"
            "3a08"
            "470e" +
                std::string(72, '0') + "57fb808b247547db");
}

TEST(BundleWriter, WritesPiecesAsTf) {
  std::vector<float> w(24);
  for (size_t i = 0; i < w.size(); ++i) w[i] = static_cast<float>(i);
  MemoryFileSystem fs;
  const Shape full({4, 6});
  ASSERT_TRUE(Write(fs, "s", [&](BundleWriter& writer) {
                for (const int row : {0, 2}) {
                  CAIRN_RETURN_IF_ERROR(writer.AddSlice(
                      "w", full, *TensorSlice::Parse(StrCat(row, ",2:-")),
                      TensorView::Of<float>({2, 6}, w.data() + 6 * row)));
                }
                return writer.Add("z", Tensor::Scalar<int32_t>(3));
              }).ok());
  EXPECT_EQ(FileHex(fs, "s.index").substr(0, 2 * 0x85),
            "000006"
            "08011a020801"
            "000a13"
            "0077000101028082807f"
            "08011208120208021202080628"
            "3035d7a655dc"
            "060415"
            "8282807f"
            "08011208120208021202080620302830358e40362e"
            "00011e"
            "77"
            "080112081202080412020806"
            "3a060a0210020a00"
            "3a080a04080210020a00"
            "00010d"
            "7a"
            "08031200"
            "20602804"
            "35633f7f28"
            "0000000001000000"
            "00680d50ef");
}

TEST(BundleWriter, StoresASliceThatCoversEverythingAsPlainTensor) {
  for (const char* spec : {"-:-", "0,2:0,3", "0,2:-"}) {
    MemoryFileSystem plain, sliced;
    const Tensor t = *Tensor::Create(DataType::kHalf, {2, 3});
    ASSERT_TRUE(Write(plain, "m", [&](auto& w) { return w.Add("t", t); }).ok());
    ASSERT_TRUE(Write(sliced, "m", [&](auto& w) {
                  return w.AddSlice("t", {2, 3}, *TensorSlice::Parse(spec), t);
                }).ok());
    EXPECT_EQ(plain.Files(), sliced.Files());
  }
}

TEST(BundleWriter, WritesStringsAsTf) {
  MemoryFileSystem fs;
  const std::vector<std::string> strings = {"", "abc", std::string("\0\xff", 2),
                                            std::string(200, 'x')};
  ASSERT_TRUE(Write(fs, "m", [&](BundleWriter& w) {
                CAIRN_RETURN_IF_ERROR(
                    w.Add("a", *TensorView::OfStrings({4}, strings)));
                CAIRN_RETURN_IF_ERROR(w.Add("b", Tensor::OfString("")));
                return w.Add("c", *TensorView::OfStrings({0}, {}));
              }).ok());
  std::string expected =
      "000302c801"
      "89041876"
      "616263"
      "00ff";
  for (int i = 0; i < 200; ++i) expected += "78";
  expected +=
      "00"
      "a67b113a"
      "d8ea82a2";
  EXPECT_EQ(FileHex(fs, DataPath("m", 0, 1)), expected);
  auto reader = BundleReader::Open(fs, "m");
  ASSERT_TRUE(reader.ok());
  const auto c = (*reader)->Lookup("c");
  EXPECT_EQ(c->size, 4);
  EXPECT_EQ(c->masked_crc32c, 0x640cc1f6u);
}

TEST(BundleWriter, WritesVariantsAsTf) {
  MemoryFileSystem fs;
  const std::vector<std::string> protos = {"one", "", std::string(300, 'v')};
  ASSERT_TRUE(
      Write(fs, "m", [&](BundleWriter& w) {
        CAIRN_RETURN_IF_ERROR(w.Add(
            "v", *TensorView::OfStrings({3}, protos, DataType::kVariant)));
        return w.Add("none",
                     *TensorView::OfStrings({0}, {}, DataType::kVariant));
      }).ok());
  auto reader = BundleReader::Open(fs, "m");
  ASSERT_TRUE(reader.ok());
  EXPECT_EQ((*reader)->Lookup("none")->size, 0);
  const auto tensor = (*reader)->Read("v");
  ASSERT_TRUE(tensor.ok()) << tensor.status();
  EXPECT_EQ(tensor->strings(), protos);
}

TEST(BundleWriter, RoundTripsEveryDtypeAndShape) {
  MemoryFileSystem fs;
  std::vector<std::pair<std::string, Tensor>> tensors;
  for (const DataTypeInfo& info : AllDataTypes()) {
    if (info.dtype == DataType::kResource) continue;
    for (const Shape& shape :
         {Shape(), Shape({0}), Shape({3}), Shape({2, 0, 5}), Shape({7, 11})}) {
      Tensor t = *Tensor::Create(info.dtype, shape);
      if (t.view().holds_strings()) {
        for (std::string& s : t.strings()) s = StrCat("s", s.size());
      } else {
        char next = 1;
        for (char& c : t.mutable_bytes()) c = next++;
      }
      tensors.emplace_back(StrCat(info.name, shape.ToString()), std::move(t));
    }
  }
  for (const int64_t alignment : {1, 42, 64, 4096}) {
    const std::string prefix = StrCat("m", alignment);
    ASSERT_TRUE(Write(fs, prefix,
                      [&](BundleWriter& w) {
                        for (const auto& [key, t] : tensors) {
                          CAIRN_RETURN_IF_ERROR(w.Add(key, t));
                        }
                        return OkStatus();
                      },
                      {.data_alignment = alignment})
                    .ok());
    auto reader = BundleReader::Open(fs, prefix);
    ASSERT_TRUE(reader.ok()) << reader.status();
    EXPECT_EQ(fs.Stat(DataPath(prefix, 0, 1))->size %
                  static_cast<uint64_t>(alignment),
              0u);
    for (const auto& [key, t] : tensors) {
      const auto read = (*reader)->Read(key);
      ASSERT_TRUE(read.ok()) << read.status();
      EXPECT_TRUE(BitwiseEqual(*read, t)) << key;
      EXPECT_EQ((*reader)->Lookup(key)->offset % alignment, 0);
    }
  }
}

TEST(BundleWriter, WritesATensorLargerThanItsChunks) {
  MemoryFileSystem fs;
  Tensor t = *Tensor::Create(DataType::kUint32, {300, 1001});
  uint32_t x = 1;
  for (uint32_t& v : t.data<uint32_t>()) v = x = x * 1664525 + 1013904223;
  std::vector<std::string> strings(50000, "0123456789");
  strings[7] = std::string(200000, 'y');
  ASSERT_TRUE(Write(fs, "m", [&](BundleWriter& w) {
                CAIRN_RETURN_IF_ERROR(w.Add("t", t));
                return w.Add("s", *TensorView::OfStrings({50000}, strings));
              }).ok());
  auto reader = BundleReader::Open(fs, "m");
  EXPECT_TRUE(BitwiseEqual(*(*reader)->Read("t"), t));
  EXPECT_EQ((*reader)->Read("s")->strings(), strings);
}

TEST(BundleWriter, WritesABundleWithoutTensors) {
  MemoryFileSystem fs;
  ASSERT_TRUE(Write(fs, "m", [](auto&) { return OkStatus(); }).ok());
  EXPECT_EQ(fs.Files().at("m.index").size(), 101u);
  auto reader = BundleReader::Open(fs, "m");
  ASSERT_TRUE(reader.ok());
  EXPECT_FALSE((*reader)->NewIterator()->Valid());
}

TEST(BundleWriter, RejectsKeysAndTypesThatCannotBeStored) {
  const Tensor t = Tensor::Scalar<float>(1);
  const std::vector<Body> bodies = {
      [&](auto& w) { return w.Add("", t); },
      [&](auto& w) {
        return w.Add(EncodeTensorNameSlice("w", TensorSlice(1)), t);
      },
      [&](auto& w) { return w.Add("w", TensorView()); },
      [&](auto& w) {
        return w.AddSlice("w", {2}, *TensorSlice::Parse("0,1"), t);
      },
      [&](auto& w) {
        return w.AddSlice("w", {2}, *TensorSlice::Parse("2,1"), t);
      },
      [&](auto& w) {
        return w.AddSlice("w", {2, 2}, *TensorSlice::Parse("-"), t);
      },
  };
  for (const Body& body : bodies) {
    MemoryFileSystem fs;
    Commit commit(fs, "m");
    auto writer = BundleWriter::Create(commit, "m");
    ASSERT_TRUE(writer.ok());
    EXPECT_EQ(body(**writer).code(), absl::StatusCode::kInvalidArgument);
    // The writer stays failed.
    EXPECT_FALSE((*writer)->Add("fine", t).ok());
    EXPECT_FALSE((*writer)->Finish().ok());
  }
  MemoryFileSystem fs;
  Commit commit(fs, "m");
  for (const int64_t alignment : {int64_t{0}, kMaxDataAlignment + 1}) {
    EXPECT_FALSE(
        BundleWriter::Create(commit, "m", {.data_alignment = alignment}).ok());
  }
}

// The checksum of this number's bytes, masked, is 0, and so is not in the
// entry.
TEST(BundleWriter, WritesATensorWhoseChecksumIsMaskedToZero) {
  MemoryFileSystem fs;
  ASSERT_TRUE(Write(fs, "m", [&](BundleWriter& writer) {
                return writer.Add("w", Tensor::Scalar<int32_t>(535274309));
              }).ok());
  EXPECT_NE(FileHex(fs, "m.index")
                .find("77"
                      "080312002804"
                      "0000000001000000"),
            std::string::npos)
      << FileHex(fs, "m.index");
  const auto reader = BundleReader::Open(fs, "m");
  ASSERT_TRUE(reader.ok()) << reader.status();
  EXPECT_TRUE((*reader)->Read("w").ok());
  std::string data = fs.Files().at("m.data-00000-of-00001");
  data[0] = static_cast<char>(data[0] ^ 1);
  fs.Put("m.data-00000-of-00001", data);
  const auto damaged = BundleReader::Open(fs, "m");
  EXPECT_TRUE(absl::IsDataLoss((*damaged)->Read("w").status()));
}

TEST(BundleWriter, RejectsDuplicates) {
  const Tensor t = Tensor::Scalar<float>(1);
  const Tensor part = *Tensor::Create(DataType::kFloat, {1});
  const Tensor other = *Tensor::Create(DataType::kInt32, {1});
  const auto piece = [&](BundleWriter& w, const char* spec, const Tensor& p) {
    return w.AddSlice("w", {4}, *TensorSlice::Parse(spec), p);
  };
  struct Row {
    Body body;
    std::string text;
  };
  const std::vector<Row> rows = {
      {[&](auto& w) { return w.Add("w", t); }, "Adding duplicate key: w"},
      {[&](auto& w) { return piece(w, "0,1", part); }, "Adding duplicate key"},
  };
  for (const Row& row : rows) {
    MemoryFileSystem fs;
    const Status status = Write(fs, "m", [&](BundleWriter& w) {
      CAIRN_RETURN_IF_ERROR(w.Add("w", t));
      return row.body(w);
    });
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
    EXPECT_NE(Message(status).find(row.text), std::string::npos) << status;
    EXPECT_TRUE(fs.Files().empty());
  }
  const std::vector<Row> pieces = {
      {[&](auto& w) { return w.Add("w", t); }, "Adding duplicate key: w"},
      {[&](auto& w) { return piece(w, "1,1", part); }, "Adding duplicate key"},
      {[&](auto& w) {
         return piece(w, "0,2", *Tensor::Create(DataType::kFloat, {2}));
       },
       "overlaps piece 1,1"},
      {[&](auto& w) { return piece(w, "2,1", other); }, "earlier ones"},
      {[&](auto& w) {
         return w.AddSlice("w", {5}, *TensorSlice::Parse("2,1"), part);
       },
       "earlier ones"},
  };
  for (const Row& row : pieces) {
    MemoryFileSystem fs;
    const Status status = Write(fs, "m", [&](BundleWriter& w) {
      CAIRN_RETURN_IF_ERROR(piece(w, "1,1", part));
      return row.body(w);
    });
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
    EXPECT_NE(Message(status).find(row.text), std::string::npos) << status;
  }
}

TEST(BundleWriter, RejectsAPieceThatOverlapsOneFarAhead) {
  const auto piece = [](BundleWriter& w, const char* spec) {
    const TensorSlice slice = *TensorSlice::Parse(spec);
    const Shape full({20, 2});
    return w.AddSlice("w", full, slice,
                      *Tensor::Create(DataType::kInt8, *slice.Apply(full)));
  };
  for (const char* last : {"6,1:1,1", "0,20:0,1", "7,2:-", "0,1:0,1"}) {
    MemoryFileSystem fs;
    const Status status = Write(fs, "m", [&](BundleWriter& w) {
      for (const char* spec : {"0,8:-", "13,7:-", "8,1:-", "12,1:0,1"}) {
        CAIRN_RETURN_IF_ERROR(piece(w, spec));
      }
      return piece(w, last);
    });
    EXPECT_TRUE(absl::IsInvalidArgument(status)) << last;
    EXPECT_NE(Message(status).find("overlaps piece"), std::string::npos)
        << status;
  }
  MemoryFileSystem fs;
  EXPECT_TRUE(Write(fs, "m", [&](BundleWriter& w) {
                for (const char* spec :
                     {"0,8:-", "12,1:0,1", "9,3:-", "8,1:-", "12,1:1,1"}) {
                  CAIRN_RETURN_IF_ERROR(piece(w, spec));
                }
                return OkStatus();
              }).ok());
}

// Comparing each with all before it would take minutes.
TEST(BundleWriter, TakesManyColumnsOfATensor) {
  constexpr int64_t kColumns = 40000;
  const Tensor column = *Tensor::Create(DataType::kUint8, {2, 1});
  MemoryFileSystem fs;
  EXPECT_TRUE(Write(fs, "m", [&](BundleWriter& w) {
                for (int64_t i = 0; i < kColumns; ++i) {
                  CAIRN_RETURN_IF_ERROR(w.AddSlice(
                      "w", {2, kColumns},
                      *TensorSlice::Create({{0, 2}, {i, 1}}), column));
                }
                return OkStatus();
              }).ok());
}

TEST(BundleWriter, RefusesUseAfterFinish) {
  MemoryFileSystem fs;
  Commit commit(fs, "m");
  auto writer = BundleWriter::Create(commit, "m");
  ASSERT_TRUE((*writer)->Finish().ok());
  EXPECT_EQ((*writer)->Add("a", Tensor::Scalar<float>(1)).code(),
            absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ((*writer)->Finish().code(), absl::StatusCode::kFailedPrecondition);
}

TEST(BundleWriter, LeavesNothingWhenItIsAbandoned) {
  MemoryFileSystem fs;
  {
    Commit commit(fs, "m");
    auto writer = BundleWriter::Create(commit, "m");
    ASSERT_TRUE(AddExample(**writer).ok());
    ASSERT_TRUE((*writer)->Finish().ok());
  }
  EXPECT_TRUE(fs.Files().empty());
}

TEST(BundleWriter, RemovesTheShardsOfTheCheckpointItReplaces) {
  MemoryFileSystem fs;
  ASSERT_TRUE(Write(fs, "m", AddExample).ok());
  fs.Put("m.data-00000-of-00002", "old");
  fs.Put("m.data-00001-of-00002", "old");
  fs.Put("m.data-00000-of-00002.bak", "a stranger's");
  fs.Put("mm.data-00000-of-00002", "a stranger's");
  ASSERT_TRUE(Write(fs, "m", AddExample).ok());
  std::vector<std::string> names;
  for (const auto& [name, bytes] : fs.Files()) names.push_back(name);
  EXPECT_EQ(names, (std::vector<std::string>{
                       "m.data-00000-of-00001", "m.data-00000-of-00002.bak",
                       "m.index", "mm.data-00000-of-00002"}));
}

// The value of "a", or the error.
StatusOr<int64_t> ReadA(FileSystem& fs) {
  CAIRN_ASSIGN_OR_RETURN(auto reader, BundleReader::Open(fs, "d/m"));
  CAIRN_ASSIGN_OR_RETURN(const Tensor a, reader->Read("a"));
  return a.data<int64_t>()[0];
}

Status WriteValue(FileSystem& fs, int64_t value) {
  return Write(fs, "d/m", [&](BundleWriter& w) {
    CAIRN_RETURN_IF_ERROR(w.Add("s", Tensor::OfString("text")));
    return w.Add("a", Tensor::Scalar<int64_t>(value));
  });
}

TEST(BundleWriter, LeavesOldOrNewCheckpointWhenAnyCallFails) {
  for (const bool sticky : {false, true}) {
    bool fired = true;
    for (int n = 0; fired; ++n) {
      ASSERT_LT(n, 200);
      MemoryFileSystem memory;
      ASSERT_TRUE(WriteValue(memory, 1).ok());
      FaultFileSystem fs(memory);
      fs.FailCall(n, ResourceExhaustedError("disk full"),
                  sticky ? FaultFileSystem::Persistence::kSticky
                         : FaultFileSystem::Persistence::kOnce);
      const Status status = WriteValue(fs, 2);
      fired = fs.fired();
      const auto a = ReadA(memory);
      ASSERT_TRUE(a.ok()) << n << ": " << a.status();
      if (status.ok()) {
        EXPECT_EQ(*a, 2) << n;
      } else {
        EXPECT_TRUE(*a == 1 || *a == 2) << n;
      }
      // The next writer gets through whatever was left.
      ASSERT_TRUE(WriteValue(memory, 3).ok()) << n;
      EXPECT_EQ(*ReadA(memory), 3) << n;
    }
  }
}

TEST(BundleWriter, FailsWhenWhatItWroteReadsBackDifferently) {
  for (const std::string name : {"m.index", "m.data"}) {
    MemoryFileSystem fs;
    Commit commit(fs, "m");
    // Runs before the writer's own check: a disk that loses a byte.
    commit.CheckBeforeSwitch([&](FileSystem&) {
      for (const auto& [path, bytes] : fs.Files()) {
        if (path.starts_with(name)) fs.Put(path, bytes.substr(1));
      }
      return OkStatus();
    });
    auto writer = BundleWriter::Create(commit, "m");
    ASSERT_TRUE(AddExample(**writer).ok());
    ASSERT_TRUE((*writer)->Finish().ok());
    EXPECT_EQ(commit.Finish().code(), absl::StatusCode::kDataLoss) << name;
    EXPECT_FALSE(fs.Exists("m.index"));
  }
}

TEST(BundleWriter, SurvivesAPowerCutAtEveryInstant) {
  MemoryFileSystem fs;
  ASSERT_TRUE(fs.CreateDirectory("d").ok());
  ASSERT_TRUE(WriteValue(fs, 1).ok());
  fs.ClearLog();
  ASSERT_TRUE(WriteValue(fs, 2).ok());
  const size_t operations = fs.log().size();
  uint64_t states = 0;
  for (size_t n = 0; n <= operations; ++n) {
    states += fs.CrashImages(n, 8, [&](MemoryFileSystem& image) {
      const auto a = ReadA(image);
      ASSERT_TRUE(a.ok()) << n << ": " << a.status();
      EXPECT_TRUE(*a == 1 || *a == 2);
      if (n == operations) {
        EXPECT_EQ(*a, 2);
      }
    });
  }
  EXPECT_GT(states, operations);
}

}  // namespace
}  // namespace cairn::bundle

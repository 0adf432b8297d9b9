// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
#include "cairn/v1/writer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <random>
#include <string>
#include <vector>

#include "cairn/base/fault_file_system.h"
#include "cairn/base/memory_file_system.h"
#include "cairn/base/strings.h"
#include "cairn/v1/reader.h"
#include "cairn/v1/shard_names.h"
#include "cairn/v1/test_files.h"

namespace cairn::v1 {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr float kValues[] = {1, 2, 3, 4, 5, 6};

// Calls `use` with a writer of the file "m", then finishes both.
Status Save(FileSystem& fs, const std::function<Status(V1Writer&)>& use) {
  Commit commit(fs, "m");
  CAIRN_ASSIGN_OR_RETURN(const auto writer, V1Writer::Create(commit, "m"));
  CAIRN_RETURN_IF_ERROR(use(*writer));
  CAIRN_RETURN_IF_ERROR(writer->Finish());
  return commit.Finish();
}

TensorView Floats(const Shape& shape) {
  return TensorView::Of<float>(shape, kValues);
}

TEST(V1Writer, WritesTheExampleOfTheSpecification) {
  MemoryFileSystem fs;
  const float b[] = {1.5f, -2.0f};
  const int64_t a = 7;
  ASSERT_TRUE(Save(fs, [&](V1Writer& w) {
                CAIRN_RETURN_IF_ERROR(
                    w.Add("a", TensorView::Of<int64_t>({}, &a)));
                return w.Add("b", TensorView::Of<float>({2}, b));
              }).ok());
  const std::string file = fs.Files().at("m");
  EXPECT_EQ(file.size(), 181u);
  EXPECT_EQ(HexBytes(file.substr(0, 37)),
            "0000220a200a090a01611200180922000a0f0a01621204120208021801"
            "22020a0012020801");
  EXPECT_TRUE(file.substr(file.size() - 48).starts_with("\x65\x08\x72\x0e"));
}

TEST(V1Writer, WritesAnEmptyCheckpoint) {
  MemoryFileSystem fs;
  ASSERT_TRUE(Save(fs, [](V1Writer&) { return OkStatus(); }).ok());
  const auto reader = V1Reader::Open(fs, "m");
  ASSERT_TRUE(reader.ok()) << reader.status();
  EXPECT_EQ((*reader)->num_tensors(), 0);
  EXPECT_TRUE((*reader)->CheckAll().ok());
}

TEST(V1Writer, KeepsTheOrderOfFirstAddition) {
  MemoryFileSystem fs;
  ASSERT_TRUE(Save(fs, [](V1Writer& w) {
                const Shape shape({2, 3});
                CAIRN_RETURN_IF_ERROR(
                    w.AddSlice("z", shape, Slice("1,1:-"), Floats({1, 3})));
                CAIRN_RETURN_IF_ERROR(w.Add("a", Floats({6})));
                EXPECT_EQ(w.num_tensors(), 2);
                return w.AddSlice("z", shape, Slice("0,1:-"), Floats({1, 3}));
              }).ok());
  const auto reader = V1Reader::Open(fs, "m");
  ASSERT_TRUE(reader.ok());
  std::vector<std::string> order;
  for (auto it = (*reader)->NewFileIterator(0); it->Valid(); it->Next()) {
    const auto entry = it->entry();
    ASSERT_TRUE(entry.ok()) << entry.status();
    for (const V1Piece& piece : entry->pieces) {
      order.push_back(StrCat(it->name(), " ", piece.slice.ToString()));
    }
  }
  EXPECT_THAT(order, ElementsAre("z 1,1:-", "z 0,1:-", "a -"));
}

TEST(V1Writer, AsksForValuesInTheOrderOfKeys) {
  MemoryFileSystem fs;
  std::vector<std::string> asked;
  const auto later = [&](V1Writer& w, const std::string& name,
                         const char* slice) {
    return w.AddSliceLater(name, DataType::kFloat, Shape({2, 3}), Slice(slice),
                           [&asked, name, slice]() -> StatusOr<Tensor> {
                             asked.push_back(StrCat(name, " ", slice));
                             return Tensor::CopyOf(Floats({1, 3}));
                           });
  };
  ASSERT_TRUE(Save(fs, [&](V1Writer& w) {
                CAIRN_RETURN_IF_ERROR(later(w, "z", "1,1:-"));
                CAIRN_RETURN_IF_ERROR(later(w, "z", "0,1:-"));
                EXPECT_TRUE(asked.empty());
                return w.AddLater("a", DataType::kFloat, Shape({6}), [&] {
                  asked.emplace_back("a");
                  return Tensor::CopyOf(Floats({6}));
                });
              }).ok());
  EXPECT_THAT(asked, ElementsAre("a", "z 0,1:-", "z 1,1:-"));
  // The same file as if all had been there at once.
  MemoryFileSystem now;
  ASSERT_TRUE(Save(now, [](V1Writer& w) {
                const Shape shape({2, 3});
                CAIRN_RETURN_IF_ERROR(
                    w.AddSlice("z", shape, Slice("1,1:-"), Floats({1, 3})));
                CAIRN_RETURN_IF_ERROR(
                    w.AddSlice("z", shape, Slice("0,1:-"), Floats({1, 3})));
                return w.Add("a", Floats({6}));
              }).ok());
  EXPECT_EQ(fs.Files(), now.Files());
}

// --- refusals ---

void ExpectRefused(const std::function<Status(V1Writer&)>& use,
                   const std::string& text) {
  MemoryFileSystem fs;
  Commit commit(fs, "m");
  const auto writer = V1Writer::Create(commit, "m");
  ASSERT_TRUE(writer.ok());
  Status status = use(**writer);
  if (status.ok()) status = (*writer)->Finish();
  EXPECT_TRUE(absl::IsInvalidArgument(status)) << status;
  EXPECT_THAT(Message(status), HasSubstr(text));
  // Every later call says the same.
  EXPECT_EQ((*writer)->Add("ok", Floats({})), status);
  EXPECT_EQ((*writer)->AddLater("ok", DataType::kFloat, {}, nullptr), status);
  EXPECT_EQ((*writer)->Finish(), status);
}

TEST(V1Writer, RefusesDuplicatesAndOverlaps) {
  ExpectRefused(
      [](V1Writer& w) {
        CAIRN_RETURN_IF_ERROR(w.Add("t", Floats({2})));
        return w.Add("t", Floats({2}));
      },
      "tensor t: was added before");
  ExpectRefused(
      [](V1Writer& w) {
        CAIRN_RETURN_IF_ERROR(
            w.AddSlice("t", Shape({4}), Slice("0,2"), Floats({2})));
        return w.AddSlice("t", Shape({4}), Slice("0,2"), Floats({2}));
      },
      "piece 0,2: was added before");
  ExpectRefused(
      [](V1Writer& w) {
        CAIRN_RETURN_IF_ERROR(
            w.AddSlice("t", Shape({4}), Slice("0,2"), Floats({2})));
        return w.AddSlice("t", Shape({4}), Slice("1,2"), Floats({2}));
      },
      "tensor t: Overlapping slices");
  ExpectRefused(
      [](V1Writer& w) {
        CAIRN_RETURN_IF_ERROR(w.Add("t", Floats({4})));
        return w.AddSlice("t", Shape({4}), Slice("1,2"), Floats({2}));
      },
      "tensor t: Overlapping slices");
}

TEST(V1Writer, RefusesPiecesThatDoNotFit) {
  const auto add = [](const Shape& full, const char* slice,
                      const TensorView& part) {
    return
        [=](V1Writer& w) { return w.AddSlice("t", full, Slice(slice), part); };
  };
  ExpectRefused(add(Shape({4}), "3,2", Floats({2})), "out of bounds");
  ExpectRefused(add(Shape({4}), "-:-", Floats({4})), "rank");
  ExpectRefused(add(Shape({4}), "0,2", Floats({3})),
                "takes a part of shape [2], got [3]");
  ExpectRefused(
      [](V1Writer& w) {
        CAIRN_RETURN_IF_ERROR(
            w.AddSlice("t", Shape({4}), Slice("0,2"), Floats({2})));
        return w.AddSlice("t", Shape({5}), Slice("2,2"), Floats({2}));
      },
      "of float32[5], earlier ones were of float32[4]");
  ExpectRefused(
      [](V1Writer& w) {
        CAIRN_RETURN_IF_ERROR(
            w.AddSlice("t", Shape({4}), Slice("0,2"), Floats({2})));
        const int32_t ints[] = {1, 2};
        return w.AddSlice("t", Shape({4}), Slice("2,2"),
                          TensorView::Of<int32_t>({2}, ints));
      },
      "of int32[4], earlier ones were of float32[4]");
}

TEST(V1Writer, RefusesTypesNamesAndSizesOfNoV1File) {
  const uint32_t number = 1;
  ExpectRefused(
      [&](V1Writer& w) {
        return w.Add("t", TensorView::Of<uint32_t>({}, &number));
      },
      "Saving data type uint32 not supported");
  ExpectRefused([](V1Writer& w) { return w.Add("t", TensorView()); },
                "not supported");
  ExpectRefused([](V1Writer& w) { return w.Add("\xff", Floats({})); },
                "not UTF-8");
  ExpectRefused(
      [](V1Writer& w) {
        return w.AddLater("t", DataType::kFloat, Shape({1 << 15, 1 << 14}),
                          [] { return Tensor::Create(DataType::kFloat, {}); });
      },
      "tensor t: Tensor slice is too large to serialize");
}

TEST(V1Writer, RefusesValuesThatAreNotWhatWasAnnounced) {
  const auto later = [](StatusOr<Tensor> (*producer)()) {
    return [=](V1Writer& w) {
      return w.AddLater("t", DataType::kFloat, Shape({2}), producer);
    };
  };
  ExpectRefused(later([] { return Tensor::Create(DataType::kFloat, {3}); }),
                "piece - was announced as float32[2], but is float32[3]");
  ExpectRefused(later([] { return Tensor::Create(DataType::kInt32, {2}); }),
                "but is int32[2]");
  ExpectRefused(later([]() -> StatusOr<Tensor> {
                  return InvalidArgumentError("the source is gone");
                }),
                "tensor t: the source is gone");
  ExpectRefused(
      [](V1Writer& w) {
        return w.AddLater("t", DataType::kFloat, Shape({2}), nullptr);
      },
      "nothing to ask");
}

TEST(V1Writer, IsFinishedOnce) {
  MemoryFileSystem fs;
  Commit commit(fs, "m");
  const auto writer = V1Writer::Create(commit, "m");
  ASSERT_TRUE((*writer)->Add("t", Floats({2})).ok());
  ASSERT_TRUE((*writer)->Finish().ok());
  EXPECT_TRUE(absl::IsFailedPrecondition((*writer)->Add("u", Floats({2}))));
  EXPECT_TRUE(absl::IsFailedPrecondition((*writer)->Finish()));
  ASSERT_TRUE(commit.Finish().ok());
  EXPECT_EQ((*writer)->file_size(), fs.Files().at("m").size());
}

// --- durability ---

Status SaveSmall(FileSystem& fs, float value) {
  return Save(fs, [&](V1Writer& w) {
    CAIRN_RETURN_IF_ERROR(w.Add("v", TensorView::Of<float>({}, &value)));
    return w.Add("w", Floats({2, 3}));
  });
}

float ValueIn(FileSystem& fs) {
  const auto reader = V1Reader::Open(fs, "m");
  EXPECT_TRUE(reader.ok()) << reader.status();
  if (!reader.ok()) return -1;
  EXPECT_TRUE((*reader)->CheckAll().ok());
  return (*reader)->Read("v")->data<float>()[0];
}

TEST(V1Writer, LeavesTheOldFileWhateverCallFails) {
  for (const auto persistence : {FaultFileSystem::Persistence::kOnce,
                                 FaultFileSystem::Persistence::kSticky}) {
    int n = 0;
    for (;; ++n) {
      MemoryFileSystem memory;
      ASSERT_TRUE(SaveSmall(memory, 1).ok());
      FaultFileSystem fs(memory);
      fs.FailCall(n, ResourceExhaustedError("disk full"), persistence);
      const Status status = SaveSmall(fs, 2);
      const bool fired = fs.fired();
      const float value = ValueIn(memory);
      EXPECT_TRUE(value == 1 || value == 2) << n;
      if (status.ok()) {
        EXPECT_EQ(value, 2) << n;
      }
      if (!fired) break;
    }
    EXPECT_GT(n, 5);
  }
}

TEST(V1Writer, NoticesBytesThatDidNotArrive) {
  // Appends that succeed but write something else.
  class LyingFile : public WritableFile {
   public:
    explicit LyingFile(std::unique_ptr<WritableFile> file)
        : file_(std::move(file)) {}
    const std::string& path() const override { return file_->path(); }
    Status Append(std::string_view bytes) override {
      std::string other(bytes);
      if (!other.empty()) other[0] = static_cast<char>(other[0] ^ 1);
      return file_->Append(other);
    }
    Status Sync() override { return file_->Sync(); }
    Status Close() override { return file_->Close(); }

   private:
    std::unique_ptr<WritableFile> file_;
  };
  class LyingFileSystem : public FaultFileSystem {
   public:
    using FaultFileSystem::FaultFileSystem;
    StatusOr<std::unique_ptr<WritableFile>> CreateNew(
        const std::string& path) override {
      CAIRN_ASSIGN_OR_RETURN(auto file, FaultFileSystem::CreateNew(path));
      return std::make_unique<LyingFile>(std::move(file));
    }
  };
  MemoryFileSystem memory;
  LyingFileSystem fs(memory);
  EXPECT_TRUE(absl::IsDataLoss(SaveSmall(fs, 1)));
  EXPECT_FALSE(memory.Files().contains("m"));
}

// Under a new name: after a power cut there is all of it or nothing, and once
// Finish said so, all of it.
TEST(V1Writer, SurvivesAPowerCutAtEveryOperation) {
  MemoryFileSystem fs;
  ASSERT_TRUE(SaveSmall(fs, 1).ok());
  const size_t operations = fs.log().size();
  uint64_t images = 0, whole = 0;
  for (size_t n = 0; n <= operations; ++n) {
    images += fs.CrashImages(n, 12, [&](MemoryFileSystem& image) {
      if (image.Exists("m")) {
        EXPECT_EQ(ValueIn(image), 1);
        ++whole;
      } else {
        EXPECT_LT(n, operations);
      }
    });
  }
  EXPECT_GT(whole, 0u);
  EXPECT_LT(whole, images);
}

// --- round trips ---

// Cuts [0, dim) at random places.
std::vector<SliceExtent> Cut(int64_t dim, std::mt19937_64& random) {
  std::vector<SliceExtent> parts;
  if (dim == 0 || random() % 3 == 0) return {SliceExtent{}};
  for (int64_t at = 0; at < dim;) {
    const int64_t length =
        1 + static_cast<int64_t>(random() % static_cast<uint64_t>(dim - at));
    parts.push_back({at, length});
    at += length;
  }
  return parts;
}

Tensor RandomTensor(DataType dtype, const Shape& shape,
                    std::mt19937_64& random) {
  Tensor tensor = *Tensor::Create(dtype, shape);
  if (dtype == DataType::kString) {
    for (std::string& value : tensor.strings()) {
      value.resize(random() % 20);
      for (char& c : value) c = static_cast<char>(random());
    }
    return tensor;
  }
  for (char& c : tensor.mutable_bytes()) {
    c = static_cast<char>(dtype == DataType::kBool ? random() % 2 : random());
  }
  return tensor;
}

DataType RandomDtype(std::mt19937_64& random) {
  for (;;) {
    const DataTypeInfo& info = AllDataTypes()[random() % AllDataTypes().size()];
    if (CheckStorable(info.dtype).ok()) return info.dtype;
  }
}

struct Saved {
  std::string name;
  Tensor tensor;
};

// A grid of pieces, dealt to the writers; the parts are read from an ordinary
// file of the whole tensor.
Status AddInPieces(const V1Reader& whole, const Saved& saved,
                   std::vector<std::unique_ptr<V1Writer>>& writers,
                   std::mt19937_64& random) {
  const Shape& shape = saved.tensor.shape();
  std::vector<std::vector<SliceExtent>> grid = {{}};
  for (int d = 0; d < shape.rank(); ++d) {
    std::vector<std::vector<SliceExtent>> finer;
    const std::vector<SliceExtent> cuts = Cut(shape.dim(d), random);
    for (const auto& box : grid) {
      for (const SliceExtent& cut : cuts) {
        finer.push_back(box);
        finer.back().push_back(cut);
      }
    }
    grid = std::move(finer);
  }
  std::shuffle(grid.begin(), grid.end(), random);
  for (const auto& box : grid) {
    CAIRN_ASSIGN_OR_RETURN(const TensorSlice slice, TensorSlice::Create(box));
    CAIRN_ASSIGN_OR_RETURN(const Tensor part,
                           whole.ReadSlice(saved.name, slice));
    CAIRN_RETURN_IF_ERROR(writers[random() % writers.size()]->AddSlice(
        saved.name, shape, slice, part));
  }
  return OkStatus();
}

Shape RandomShape(std::mt19937_64& random) {
  std::vector<int64_t> dims(random() % 4);
  for (int64_t& dim : dims) dim = static_cast<int64_t>(random() % 7);
  return *Shape::Create(dims);
}

std::string RandomName(int number, std::mt19937_64& random) {
  static const char* const kParts[] = {
      "a", "/", "\x01", "é", "日", "kernel", "-00000-of-00001", " "};
  std::string name;
  for (uint64_t i = random() % 4; i > 0; --i) name += kParts[random() % 8];
  return StrCat(name, number);
}

TEST(V1Writer, RoundTripsRandomCheckpoints) {
  std::mt19937_64 random(20150601);
  for (int round = 0; round < 300; ++round) {
    SCOPED_TRACE(round);
    std::vector<Saved> all;
    MemoryFileSystem fs;
    ASSERT_TRUE(Save(fs, [&](V1Writer& w) {
                  for (uint64_t i = random() % 6; i > 0; --i) {
                    all.push_back({RandomName(static_cast<int>(i), random),
                                   RandomTensor(RandomDtype(random),
                                                RandomShape(random), random)});
                    CAIRN_RETURN_IF_ERROR(
                        w.Add(all.back().name, all.back().tensor));
                  }
                  return OkStatus();
                }).ok());
    const auto whole = V1Reader::Open(fs, "m");
    ASSERT_TRUE(whole.ok()) << whole.status();
    const auto shards = static_cast<int32_t>(1 + random() % 3);
    Commit commit(fs, "p");
    std::vector<std::unique_ptr<V1Writer>> writers;
    for (int32_t i = 0; i < shards; ++i) {
      writers.push_back(
          *V1Writer::Create(commit, ShardedFilename("p", i, shards)));
    }
    for (const Saved& saved : all) {
      const Status status = AddInPieces(**whole, saved, writers, random);
      ASSERT_TRUE(status.ok()) << status;
    }
    for (auto& writer : writers) ASSERT_TRUE(writer->Finish().ok());
    ASSERT_TRUE(commit.Finish().ok());
    const auto cut = V1Reader::Open(fs, "p");
    ASSERT_TRUE(cut.ok()) << cut.status();
    for (const V1Reader* reader : {whole->get(), cut->get()}) {
      EXPECT_EQ(reader->num_tensors(), static_cast<int64_t>(all.size()));
      EXPECT_TRUE(reader->CheckAll().ok()) << reader->CheckAll();
      for (const Saved& saved : all) {
        const auto tensor = reader->Read(saved.name);
        ASSERT_TRUE(tensor.ok()) << tensor.status();
        EXPECT_TRUE(BitwiseEqual(tensor->view(), saved.tensor.view()));
      }
    }
  }
}

}  // namespace
}  // namespace cairn::v1

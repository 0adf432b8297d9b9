// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
//
// What a BundleWriter can beyond one little-endian shard filled by one thread.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "cairn/base/commit.h"
#include "cairn/base/crc32c.h"
#include "cairn/base/fault_file_system.h"
#include "cairn/base/memory_file_system.h"
#include "cairn/base/sharded_filename.h"
#include "cairn/base/strings.h"
#include "cairn/bundle/reader.h"
#include "cairn/bundle/stored_strings.h"
#include "cairn/bundle/writer.h"

namespace cairn::bundle {
namespace {

using ::testing::HasSubstr;
using Body = std::function<Status(BundleWriter&)>;

Status Write(FileSystem& fs, const std::string& prefix, const Body& body,
             const BundleWriterOptions& options = {}) {
  Commit commit(fs, prefix);
  CAIRN_ASSIGN_OR_RETURN(auto writer,
                         BundleWriter::Create(commit, prefix, options));
  CAIRN_RETURN_IF_ERROR(body(*writer));
  CAIRN_RETURN_IF_ERROR(writer->Finish());
  return commit.Finish();
}

std::vector<std::string> Names(const MemoryFileSystem& fs) {
  std::vector<std::string> names;
  for (const auto& [name, bytes] : fs.Files()) names.push_back(name);
  return names;
}

Tensor Numbers(int64_t count, uint32_t seed) {
  Tensor tensor = *Tensor::Create(DataType::kUint32, {count});
  for (uint32_t& v : tensor.data<uint32_t>()) v = seed = seed * 1664525 + 7;
  return tensor;
}

// A tensor of each type that a file can hold, every byte different.
std::vector<std::pair<std::string, Tensor>> EveryType() {
  std::vector<std::pair<std::string, Tensor>> tensors;
  for (const DataTypeInfo& info : AllDataTypes()) {
    if (info.dtype == DataType::kResource) continue;
    Tensor t = *Tensor::Create(info.dtype, {3, 5});
    if (t.view().holds_strings()) {
      size_t n = 0;
      for (std::string& s : t.strings()) s = std::string(40 * n++, 'x');
    } else {
      char next = 1;
      for (char& c : t.mutable_bytes()) c = next++;
    }
    tensors.emplace_back(std::string(info.name), std::move(t));
  }
  return tensors;
}

// --- shards ---

TEST(ShardedWriter, NumbersItsFilesWhenTheirNumberIsKnown) {
  MemoryFileSystem fs;
  ASSERT_TRUE(Write(fs, "d/m", [](BundleWriter& w) {
                CAIRN_RETURN_IF_ERROR(w.Add("c", Numbers(3, 1), 2));
                CAIRN_RETURN_IF_ERROR(w.Add("a", Numbers(5, 2), 0));
                CAIRN_RETURN_IF_ERROR(w.Add("b", Numbers(7, 3)));
                return w.Add("e", Numbers(2, 4), 4);
              }).ok());
  EXPECT_EQ(Names(fs), (std::vector<std::string>{
                           "d/m.data-00000-of-00005", "d/m.data-00001-of-00005",
                           "d/m.data-00002-of-00005", "d/m.data-00003-of-00005",
                           "d/m.data-00004-of-00005", "d/m.index"}));
  auto reader = BundleReader::Open(fs, "d/m");
  ASSERT_TRUE(reader.ok()) << reader.status();
  EXPECT_EQ((*reader)->header().num_shards, 5);
  EXPECT_EQ((*reader)->Lookup("b")->offset, 20);
  EXPECT_EQ((*reader)->Lookup("c")->shard_id, 2);
  EXPECT_TRUE(BitwiseEqual(*(*reader)->Read("c"), Numbers(3, 1)));
  EXPECT_TRUE(BitwiseEqual(*(*reader)->Read("e"), Numbers(2, 4)));
  EXPECT_EQ(fs.Stat("d/m.data-00003-of-00005")->size, 0u);
}

TEST(ShardedWriter, CutsShardsBeforeTheyGrowTooLarge) {
  MemoryFileSystem fs;
  ASSERT_TRUE(Write(fs, "m",
                    [](BundleWriter& w) {
                      for (const int n : {10, 10, 6, 5, 100, 1, 25}) {
                        CAIRN_RETURN_IF_ERROR(
                            w.Add(StrCat("t", w.data_size()), Numbers(n, 1)));
                      }
                      return w.Add("s", Tensor::OfString(std::string(93, 's')));
                    },
                    {.max_shard_size = 100})
                  .ok());
  std::vector<uint64_t> sizes;
  for (int i = 0; i < 6; ++i)
    sizes.push_back(fs.Stat(DataPath("m", i, 6))->size);
  // 80; 24 + 20; a large one alone; 4; 100 is not above the limit; the string
  // takes 93 + 1 + 4.
  EXPECT_EQ(sizes, (std::vector<uint64_t>{80, 44, 400, 4, 100, 98}));
  auto reader = BundleReader::Open(fs, "m");
  EXPECT_EQ((*reader)->Read("s")->strings()[0], std::string(93, 's'));
}

TEST(ShardedWriter, CountsThePaddingTowardsTheLimit) {
  MemoryFileSystem fs;
  ASSERT_TRUE(Write(fs, "m",
                    [](BundleWriter& w) {
                      for (const char* key : {"a", "b", "c"}) {
                        CAIRN_RETURN_IF_ERROR(w.Add(key, Numbers(7, 1)));
                      }
                      return OkStatus();
                    },
                    {.data_alignment = 64, .max_shard_size = 100})
                  .ok());
  for (int i = 0; i < 3; ++i)
    EXPECT_EQ(fs.Stat(DataPath("m", i, 3))->size, 64u);
}

TEST(ShardedWriter, HasAtLeastTheShardsAskedFor) {
  MemoryFileSystem fs;
  ASSERT_TRUE(Write(fs, "m", [](auto& w) { return w.Add("a", Numbers(1, 1)); },
                    {.min_shards = 3})
                  .ok());
  EXPECT_EQ(fs.Files().size(), 4u);
  EXPECT_EQ((*BundleReader::Open(fs, "m"))->header().num_shards, 3);
}

TEST(ShardedWriter, RefusesOptionsAndShardsOutOfRange) {
  MemoryFileSystem fs;
  const auto fails = [&](const BundleWriterOptions& options) {
    Commit commit(fs, "m");
    return absl::IsInvalidArgument(
        BundleWriter::Create(commit, "m", options).status());
  };
  EXPECT_TRUE(fails({.max_shard_size = -1}));
  EXPECT_TRUE(fails({.min_shards = 0}));
  EXPECT_TRUE(fails({.min_shards = kMaxShards + 1}));
  for (const int32_t shard : {-2, kMaxShards}) {
    EXPECT_TRUE(absl::IsInvalidArgument(Write(
        fs, "m", [&](auto& w) { return w.Add("a", Numbers(1, 1), shard); })));
  }
  EXPECT_TRUE(fs.Files().empty());
}

TEST(ShardedWriter, NamesTheShardsOfASave) {
  EXPECT_EQ(ShardedFilename("d/m_temp/part", 1, 4),
            "d/m_temp/part-00001-of-00004");
  EXPECT_EQ(ShardedFilename("p", 123456, 1234567), "p-123456-of-1234567");
}

// --- byte order ---

TEST(BigEndianWriter, SwapsComponentsAndIsReadBack) {
  MemoryFileSystem fs;
  const auto tensors = EveryType();
  ASSERT_TRUE(Write(fs, "m",
                    [&](BundleWriter& w) {
                      for (const auto& [key, t] : tensors) {
                        if (t.dtype() == DataType::kVariant) continue;
                        CAIRN_RETURN_IF_ERROR(w.Add(key, t));
                      }
                      return OkStatus();
                    },
                    {.endianness = Endianness::kBig})
                  .ok());
  auto reader = BundleReader::Open(fs, "m");
  ASSERT_TRUE(reader.ok()) << reader.status();
  EXPECT_EQ((*reader)->header().endianness, Endianness::kBig);
  for (const auto& [key, t] : tensors) {
    if (t.dtype() == DataType::kVariant) continue;
    const auto read = (*reader)->Read(key);
    ASSERT_TRUE(read.ok()) << key << read.status();
    EXPECT_TRUE(BitwiseEqual(*read, t)) << key;
  }
  const auto raw = [&](const char* key) {
    return HexBytes((*reader)->ReadRaw(*(*reader)->Lookup(key))->substr(0, 16));
  };
  EXPECT_EQ(raw("complex64"), "04030201080706050c0b0a09100f0e0d");
  EXPECT_EQ(raw("uint16"),
            "0201040306050807"
            "0a090c0b0e0d100f");
}

TEST(BigEndianWriter, RefusesVariants) {
  MemoryFileSystem fs;
  const std::vector<std::string> protos = {"one"};
  const Status status =
      Write(fs, "m",
            [&](BundleWriter& w) {
              return w.Add(
                  "v", *TensorView::OfStrings({1}, protos, DataType::kVariant));
            },
            {.endianness = Endianness::kBig});
  EXPECT_TRUE(absl::IsUnimplemented(status)) << status;
}

TEST(ExtendWithLength, TakesEightBytesFromFourGibOn) {
  const auto crc = [](std::string_view bytes) { return Crc32c(bytes); };
  using enum Endianness;
  EXPECT_EQ(ExtendWithLength(0, 0xffffffff, DataType::kString, kLittle),
            crc("\xff\xff\xff\xff"));
  // The length of a string that TensorFlow wrote.
  EXPECT_EQ(ExtendWithLength(0, 4294967301, DataType::kString, kLittle),
            crc(std::string_view("\5\0\0\0\1\0\0\0", 8)));
  EXPECT_EQ(ExtendWithLength(0, 4294967301, DataType::kString, kBig),
            crc(std::string_view("\0\0\0\1\0\0\0\5", 8)));
  EXPECT_EQ(ExtendWithLength(0, 5, DataType::kString, kBig),
            crc(std::string_view("\0\0\0\5", 4)));
  EXPECT_EQ(ExtendWithLength(0, 5, DataType::kVariant, kLittle),
            crc(std::string_view("\5\0\0\0\0\0\0\0", 8)));
}

// --- streams ---

TEST(WriterStream, WritesWhatAddWrites) {
  const Tensor t = Numbers(100001, 5);
  for (const Endianness order : {Endianness::kLittle, Endianness::kBig}) {
    MemoryFileSystem whole, pieces;
    const BundleWriterOptions options = {.data_alignment = 64,
                                         .endianness = order};
    ASSERT_TRUE(Write(
                    whole, "m", [&](auto& w) { return w.Add("t", t); }, options)
                    .ok());
    for (const size_t step : {1, 7, 4096, 300000}) {
      if (step == 1 && order == Endianness::kBig) continue;
      MemoryFileSystem fs;
      ASSERT_TRUE(Write(
                      fs, "m",
                      [&](BundleWriter& w) {
                        CAIRN_ASSIGN_OR_RETURN(
                            auto stream, w.Begin("t", t.dtype(), t.shape()));
                        std::string_view rest = t.bytes();
                        // Odd ones at first, then the rest.
                        for (int i = 0; i < 50 && !rest.empty(); ++i) {
                          CAIRN_RETURN_IF_ERROR(
                              stream->Append(rest.substr(0, step)));
                          rest.remove_prefix(std::min(step, rest.size()));
                        }
                        CAIRN_RETURN_IF_ERROR(stream->Append(rest));
                        return stream->Finish();
                      },
                      options)
                      .ok());
      EXPECT_EQ(fs.Files(), whole.Files()) << step;
    }
  }
}

TEST(WriterStream, WritesPiecesOfAPartitionedTensor) {
  MemoryFileSystem fs;
  const Tensor t = Numbers(12, 5);
  ASSERT_TRUE(Write(fs, "m", [&](BundleWriter& w) {
                for (int i = 0; i < 2; ++i) {
                  CAIRN_ASSIGN_OR_RETURN(
                      auto stream,
                      w.BeginSlice("t", t.dtype(), {12},
                                   *TensorSlice::Parse(StrCat(6 * i, ",6")),
                                   i));
                  CAIRN_RETURN_IF_ERROR(stream->Append(
                      t.bytes().substr(static_cast<size_t>(24 * i), 24)));
                  CAIRN_RETURN_IF_ERROR(stream->Finish());
                }
                return OkStatus();
              }).ok());
  EXPECT_TRUE(BitwiseEqual(*(*BundleReader::Open(fs, "m"))->Read("t"), t));
}

TEST(WriterStream, FailsTheWriterUnlessItIsFinishedWhole) {
  const std::vector<std::pair<Body, std::string>> rows = {
      {[](BundleWriter& w) {
         return w.Begin("t", DataType::kFloat, {2}).status();
       },
       "given up"},
      {[](BundleWriter& w) -> Status {
         auto stream = w.Begin("t", DataType::kFloat, {2});
         CAIRN_RETURN_IF_ERROR((*stream)->Append("1234"));
         return (*stream)->Finish();
       },
       "4 bytes of its shape [2] are missing"},
      {[](BundleWriter& w) -> Status {
         auto stream = w.Begin("t", DataType::kFloat, {});
         return (*stream)->Append("12345");
       },
       "1 bytes more"},
      {[](BundleWriter& w) -> Status {
         auto stream = w.Begin("t", DataType::kFloat, {});
         return w.Finish();
       },
       "tensor t is begun and not finished"},
      {[](BundleWriter& w) -> Status {
         auto stream = w.Begin("t", DataType::kFloat, {});
         return w.Add("u", Numbers(1, 1));
       },
       "shard is taken by t"},
      {[](BundleWriter& w) {
         return w.Begin("t", DataType::kString, {}).status();
       },
       "cannot come in pieces"},
      {[](BundleWriter& w) {
         return w.Begin("t", DataType::kResource, {}).status();
       },
       "cannot be saved"},
  };
  for (const auto& [body, text] : rows) {
    MemoryFileSystem fs;
    Commit commit(fs, "m");
    auto writer = *BundleWriter::Create(commit, "m");
    body(*writer).IgnoreError();
    const Status status = writer->Finish();
    EXPECT_THAT(Message(status), HasSubstr(text));
    EXPECT_EQ(commit.Finish(), status) << "nothing becomes visible";
    EXPECT_TRUE(fs.Files().empty());
  }
}

TEST(BundleWriter, LetsNoCommitThroughBeforeItsFinish) {
  MemoryFileSystem fs;
  Commit commit(fs, "m");
  auto writer = *BundleWriter::Create(commit, "m");
  ASSERT_TRUE(writer->Add("a", Numbers(1, 1)).ok());
  EXPECT_TRUE(absl::IsFailedPrecondition(commit.Finish()));
  EXPECT_TRUE(fs.Files().empty());
  EXPECT_FALSE(writer->Add("b", Numbers(1, 1)).ok());
}

// --- stored bytes ---

Status CopyAll(const BundleReader& reader, BundleWriter& writer, size_t step) {
  const auto it = reader.NewIterator();
  for (; it->Valid(); it->Next()) {
    CAIRN_ASSIGN_OR_RETURN(const BundleEntry entry, it->entry());
    CAIRN_ASSIGN_OR_RETURN(const std::string raw, reader.ReadRaw(entry));
    const auto source = [&](const ByteSink& sink) {
      for (size_t at = 0; at < raw.size(); at += step) {
        CAIRN_RETURN_IF_ERROR(sink(std::string_view(raw).substr(at, step)));
      }
      return OkStatus();
    };
    CAIRN_RETURN_IF_ERROR(
        writer.AddStored(it->key(), entry, reader.header().endianness, source));
  }
  return it->status();
}

TEST(AddStored, ConvertsBetweenByteOrdersThereAndBack) {
  const auto tensors = EveryType();
  const auto add = [&](bool variants) {
    return [&tensors, variants](BundleWriter& w) {
      std::map<std::string, const Tensor*> sorted;
      for (const auto& [key, t] : tensors) {
        if (variants || t.dtype() != DataType::kVariant) sorted[key] = &t;
      }
      for (const auto& [key, t] : sorted) {
        CAIRN_RETURN_IF_ERROR(w.Add(key, *t));
      }
      return w.Add("zero", *TensorView::OfStrings({0}, {}));
    };
  };
  const BundleWriterOptions big = {.endianness = Endianness::kBig};
  MemoryFileSystem fs, big_fs, all;
  ASSERT_TRUE(Write(fs, "m", add(false)).ok());
  ASSERT_TRUE(Write(big_fs, "m", add(false), big).ok());
  ASSERT_TRUE(Write(all, "m", add(true)).ok());
  for (const size_t step : {size_t{1}, size_t{13}, size_t{1} << 20}) {
    MemoryFileSystem copy, there, back;
    ASSERT_TRUE(Write(copy, "m", [&](BundleWriter& w) {
                  return CopyAll(**BundleReader::Open(all, "m"), w, step);
                }).ok());
    EXPECT_EQ(copy.Files(), all.Files());
    const Status swapped = Write(
        there, "m",
        [&](auto& w) {
          return CopyAll(**BundleReader::Open(fs, "m"), w, step);
        },
        big);
    ASSERT_TRUE(swapped.ok()) << swapped;
    EXPECT_EQ(there.Files(), big_fs.Files());
    ASSERT_TRUE(Write(back, "m", [&](auto& w) {
                  return CopyAll(**BundleReader::Open(there, "m"), w, step);
                }).ok());
    EXPECT_EQ(back.Files(), fs.Files());
  }
}

TEST(AddStored, FindsEveryChangedByteAndTruncation) {
  MemoryFileSystem fs;
  const std::vector<std::string> strings = {"", "abc", std::string(200, 'x')};
  ASSERT_TRUE(
      Write(fs, "m", [&](BundleWriter& w) {
        CAIRN_RETURN_IF_ERROR(w.Add("n", Numbers(5, 1)));
        CAIRN_RETURN_IF_ERROR(w.Add("s", *TensorView::OfStrings({3}, strings)));
        return w.Add("v",
                     *TensorView::OfStrings({3}, strings, DataType::kVariant));
      }).ok());
  auto reader = *BundleReader::Open(fs, "m");
  for (const char* key : {"n", "s", "v"}) {
    const BundleEntry entry = *reader->Lookup(key);
    const std::string raw = *reader->ReadRaw(entry);
    const auto copy = [&](const std::string& bytes) {
      MemoryFileSystem out;
      const Status status = Write(out, "m", [&](BundleWriter& w) {
        return w.AddStored(key, entry, Endianness::kLittle,
                           [&](const ByteSink& sink) { return sink(bytes); });
      });
      EXPECT_EQ(out.Files().empty(), !status.ok());
      return status;
    };
    ASSERT_TRUE(copy(raw).ok());
    const auto expect_loss = [&](const std::string& bytes) {
      const Status status = copy(bytes);
      EXPECT_TRUE(absl::IsDataLoss(status)) << status;
      EXPECT_THAT(Message(status), HasSubstr(StrCat("tensor ", key)));
    };
    for (size_t i = 0; i < raw.size(); ++i) {
      expect_loss(raw.substr(0, i));
      std::string bad = raw;
      bad[i] = static_cast<char>(bad[i] ^ 0x10);
      expect_loss(bad);
    }
    expect_loss(raw + "x");
  }
  // What no index that was read can hold.
  BundleEntry entry = *reader->Lookup("n");
  entry.size = 21;
  EXPECT_TRUE(absl::IsInvalidArgument(Write(fs, "o", [&](BundleWriter& w) {
    return w.AddStored("n", entry, Endianness::kLittle,
                       [](const ByteSink&) { return OkStatus(); });
  })));
  entry.slices.resize(1);
  EXPECT_TRUE(absl::IsInvalidArgument(Write(fs, "o", [&](BundleWriter& w) {
    return w.AddStored("n", entry, Endianness::kLittle,
                       [](const ByteSink&) { return OkStatus(); });
  })));
}

// --- threads ---

TEST(ConcurrentWriter, WritesWhatSeveralThreadsAdd) {
  for (const bool one_shard : {false, true}) {
    MemoryFileSystem fs;
    constexpr int kThreads = 4, kTensors = 50;
    ASSERT_TRUE(Write(fs, "m", [&](BundleWriter& w) {
                  std::vector<std::thread> threads;
                  for (int i = 0; i < kThreads; ++i) {
                    threads.emplace_back([&, i] {
                      const int32_t shard = one_shard ? 0 : i;
                      for (int n = 0; n < kTensors; ++n) {
                        const Tensor t =
                            Numbers(n * 37 % 400, static_cast<uint32_t>(i));
                        const std::string key = StrCat(i, "/", n);
                        if (n % 5 != 0) {
                          EXPECT_TRUE(w.Add(key, t, shard).ok());
                          continue;
                        }
                        auto s = w.Begin(key, t.dtype(), t.shape(), shard);
                        ASSERT_TRUE(s.ok()) << s.status();
                        EXPECT_TRUE((*s)->Append(t.bytes()).ok());
                        EXPECT_TRUE((*s)->Finish().ok());
                      }
                    });
                  }
                  for (std::thread& thread : threads) thread.join();
                  return OkStatus();
                }).ok());
    auto reader = *BundleReader::Open(fs, "m");
    EXPECT_EQ(reader->header().num_shards, one_shard ? 1 : kThreads);
    for (int i = 0; i < kThreads; ++i) {
      for (int n = 0; n < kTensors; ++n) {
        const auto t = reader->Read(StrCat(i, "/", n));
        ASSERT_TRUE(t.ok()) << t.status();
        EXPECT_TRUE(
            BitwiseEqual(*t, Numbers(n * 37 % 400, static_cast<uint32_t>(i))));
      }
    }
  }
}

TEST(ConcurrentWriter, WakesThoseWhoWaitForATensorThatIsGivenUp) {
  MemoryFileSystem fs;
  Commit commit(fs, "m");
  auto writer = *BundleWriter::Create(commit, "m");
  auto stream = *writer->Begin("t", DataType::kFloat, {2});
  Status status;
  std::thread waiting([&] { status = writer->Add("u", Numbers(1, 1)); });
  stream.reset();
  waiting.join();
  EXPECT_THAT(Message(status), HasSubstr("given up"));
}

// --- progress and cancellation ---

TEST(BundleWriter, TellsItsProgress) {
  MemoryFileSystem fs;
  std::vector<Progress> seen;
  BundleWriterOptions options;
  options.supervision.on_progress = [&](const Progress& p) {
    seen.push_back(p);
  };
  ASSERT_TRUE(Write(
                  fs, "m",
                  [](BundleWriter& w) {
                    for (int i = 0; i < 3000; ++i) {
                      CAIRN_RETURN_IF_ERROR(
                          w.Add(StrCat(i), Tensor::Scalar<int32_t>(i)));
                    }
                    return OkStatus();
                  },
                  options)
                  .ok());
  ASSERT_EQ(seen.size(), 3u);
  EXPECT_EQ(seen[0].tensors, 1024u);
  EXPECT_EQ(seen[2].tensors, 3000u);
  EXPECT_EQ(seen[2].total_tensors, 3000u);
  EXPECT_EQ(seen[2].bytes, 12000u);
}

TEST(BundleWriter, LeavesNothingVisibleWhenItIsCancelledAtAnyPoint) {
  const auto run = [](MemoryFileSystem& fs, int cancel_at) {
    std::stop_source stop;
    BundleWriterOptions options;
    options.supervision.stop = stop.get_token();
    int step = 0;
    const auto next = [&] {
      if (step++ == cancel_at) stop.request_stop();
    };
    Commit commit(fs, "m");
    CAIRN_ASSIGN_OR_RETURN(auto writer,
                           BundleWriter::Create(commit, "m", options));
    next();
    CAIRN_RETURN_IF_ERROR(writer->Add("a", Numbers(3, 1)));
    next();
    CAIRN_ASSIGN_OR_RETURN(auto stream,
                           writer->Begin("b", DataType::kUint32, {9}, 1));
    for (int i = 0; i < 9; ++i) {
      next();
      CAIRN_RETURN_IF_ERROR(stream->Append("1234"));
    }
    next();
    CAIRN_RETURN_IF_ERROR(stream->Finish());
    next();
    CAIRN_RETURN_IF_ERROR(writer->Finish());
    next();
    return commit.Finish();
  };
  for (const bool overwrites : {false, true}) {
    for (int n = 0;; ++n) {
      MemoryFileSystem fs;
      if (overwrites) {
        ASSERT_TRUE(run(fs, -1).ok());
      }
      const auto before = fs.Files();
      const Status status = run(fs, n);
      if (status.ok()) {
        EXPECT_GE(n, 13);
        break;
      }
      // Finishing a stream without further bytes need not notice.
      EXPECT_TRUE(absl::IsCancelled(status)) << n << status;
      EXPECT_EQ(fs.Files(), before) << n;
    }
  }
}

// --- reliability ---

Status WriteShards(FileSystem& fs, int64_t value) {
  return Write(fs, "d/m", [&](BundleWriter& w) {
    CAIRN_RETURN_IF_ERROR(w.Add("s", Tensor::OfString("text"), 0));
    return w.Add("a", Tensor::Scalar<int64_t>(value), 1);
  });
}

TEST(ShardedWriter, ANewNameIsWholeOrAbsentAfterEveryPowerCut) {
  MemoryFileSystem fs;
  ASSERT_TRUE(fs.CreateDirectory("d").ok());
  fs.ClearLog();
  ASSERT_TRUE(WriteShards(fs, 2).ok());
  const size_t operations = fs.log().size();
  uint64_t states = 0;
  for (size_t n = 0; n <= operations; ++n) {
    states += fs.CrashImages(n, 8, [&](MemoryFileSystem& image) {
      auto reader = BundleReader::Open(image, "d/m");
      if (n == operations) {
        // Reported.
        ASSERT_TRUE(reader.ok());
        EXPECT_EQ((*reader)->Read("a")->data<int64_t>()[0], 2);
        EXPECT_EQ((*reader)->Read("s")->strings()[0], "text");
      } else if (reader.ok()) {
        // The index may be there before a data file's name is; what is there is
        // never wrong.
        const auto a = (*reader)->Read("a");
        EXPECT_TRUE(a.ok() ? a->data<int64_t>()[0] == 2
                           : absl::IsNotFound(a.status()))
            << a.status();
      }
    });
  }
  EXPECT_GT(states, 200u);
}

TEST(ShardedWriter, LeavesOldOrNewWhenAnyCallFails) {
  bool fired = true;
  int n = 0;
  for (; fired; ++n) {
    ASSERT_LT(n, 300);
    MemoryFileSystem memory;
    ASSERT_TRUE(WriteShards(memory, 1).ok());
    FaultFileSystem fs(memory);
    fs.FailCall(n, ResourceExhaustedError("disk full"));
    const Status status = WriteShards(fs, 2);
    fired = fs.fired();
    auto reader = BundleReader::Open(memory, "d/m");
    ASSERT_TRUE(reader.ok()) << n << reader.status();
    const int64_t a = (*reader)->Read("a")->data<int64_t>()[0];
    EXPECT_TRUE(status.ok() ? a == 2 : a == 1 || a == 2) << n;
    ASSERT_TRUE(WriteShards(memory, 3).ok()) << n;
  }
  EXPECT_GT(n, 30);
}

}  // namespace
}  // namespace cairn::bundle

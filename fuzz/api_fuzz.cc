// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
//
// A random program over the bundle's writer, its streams, reader and iterators,
// with any arguments a caller may pass: every call returns, no call ends the
// process. The input is choices.
#include <array>
#include <memory>
#include <utility>

#include "cairn/base/commit.h"
#include "cairn/base/memory_file_system.h"
#include "cairn/bundle/reader.h"
#include "cairn/bundle/writer.h"
#include "fuzz/random_tensor.h"
#include "fuzz/target.h"
#include "fuzz/unmapped_file_system.h"

namespace cairn::fuzz {
namespace {

using bundle::BundleEntry;
using bundle::BundleReader;
using bundle::BundleWriter;

constexpr int kMaxCalls = 256;

class Program {
 public:
  explicit Program(std::string_view input) : choices_(input) {}

  Status Run() {
    for (int i = 0; i < kMaxCalls && !choices_.empty(); ++i) {
      const int room = choices_.Below(3);
      if (room == 0) Write();
      if (room == 1) Read();
      if (room == 2) Iterate();
    }
    return last_;
  }

 private:
  void Note(const Status& status) {
    if (!status.ok()) last_ = status;
  }

  std::string Key() {
    static constexpr std::array<const char*, 6> kKeys = {"",  "a", "b",
                                                         "s", "v", "p"};
    const int i = choices_.Below(8);
    return i < 6 ? kKeys[static_cast<size_t>(i)] : choices_.Text(8);
  }
  std::string Prefix() {
    static constexpr std::array<const char*, 5> kPrefixes = {"m", "d/m", "",
                                                             "/", "m.index"};
    return kPrefixes[static_cast<size_t>(choices_.Below(5))];
  }
  Tensor ATensor() {
    const DataType dtype = ChooseType(choices_);
    return ChooseTensor(choices_, dtype, ChooseShape(choices_));
  }
  FileSystem& AFileSystem() {
    return choices_.Flip() ? static_cast<FileSystem&>(fs_) : unmapped_;
  }

  // Padding is written, so not a huge one.
  int64_t AnAlignment() { return choices_.Number() % 8192; }

  // Not a million files.
  int32_t AShard() {
    const auto shard = static_cast<int32_t>(choices_.Number());
    return shard > 20 ? 20 : shard;
  }

  void StartWriting() {
    stream_.reset();
    writer_.reset();
    const std::string prefix = Prefix();
    commit_ = std::make_unique<Commit>(fs_, prefix);
    auto writer = BundleWriter::Create(
        *commit_, choices_.Below(8) == 0 ? Prefix() : prefix,
        {.data_alignment = AnAlignment(),
         .endianness = choices_.Flip() ? bundle::Endianness::kLittle
                                       : bundle::Endianness::kBig,
         .max_shard_size = choices_.Flip() ? 0 : choices_.Number(),
         .min_shards = AShard()});
    Note(writer.status());
    if (writer.ok()) writer_ = *std::move(writer);
  }

  void Write() {
    const int call = choices_.Below(12);
    if (call == 0 || commit_ == nullptr) return StartWriting();
    if (call == 1) return Note(commit_->Finish());
    if (writer_ == nullptr) return;
    if (call == 2) return Note(writer_->Finish());
    if (call == 3) {
      stream_.reset();
      return writer_.reset();
    }
    if (call < 8) return Stream(call);
    const std::string key = Key();
    const int32_t shard = AShard();
    if (call == 8) {
      const Shape full = ChooseShape(choices_);
      const auto slice = ChooseSlice(choices_);
      if (!slice.ok()) return Note(slice.status());
      return Note(writer_->AddSlice(key, full, *slice, ATensor(), shard));
    }
    if (call == 9) return Note(writer_->Add(key, TensorView(), shard));
    if (call == 10) return AddStored(key, shard);
    Note(writer_->Add(key, ATensor(), shard));
  }

  void Stream(int call) {
    if (call == 4) {
      stream_.reset();
    } else if (call == 5 || stream_ == nullptr) {
      const std::string key = Key();
      const auto dtype = choices_.Below(8) == 0
                             ? static_cast<DataType>(choices_.Number())
                             : ChooseType(choices_);
      auto stream = writer_->Begin(key, dtype, ChooseShape(choices_), AShard());
      Note(stream.status());
      if (stream.ok()) stream_ = *std::move(stream);
    } else if (call == 6) {
      Note(stream_->Append(choices_.Text(64)));
    } else {
      Note(stream_->Finish());
    }
  }

  // Bytes that may have nothing to do with their entry.
  void AddStored(const std::string& key, int32_t shard) {
    if (reader_ == nullptr) return;
    const BundleEntry entry = AnEntry(key);
    const std::string bytes = choices_.Text(64);
    const bool real = choices_.Flip();
    Note(writer_->AddStored(
        key, entry, reader_->header().endianness,
        [&](const bundle::ByteSink& sink) {
          return real ? reader_->StreamRaw(entry, sink) : sink(bytes);
        },
        shard));
  }

  // An entry that a caller made up, or one of the index.
  BundleEntry AnEntry(const std::string& key) {
    BundleEntry entry;
    if (const auto found = reader_->Lookup(key); found.ok()) entry = *found;
    if (choices_.Flip()) return entry;
    switch (choices_.Below(6)) {
      case 0:
        entry.dtype = static_cast<DataType>(choices_.Number());
        break;
      case 1:
        entry.shape = ChooseShape(choices_);
        break;
      case 2:
        entry.shard_id = static_cast<int32_t>(choices_.Number());
        break;
      case 3:
        entry.offset = choices_.Number();
        break;
      case 4:
        entry.size = choices_.Number();
        break;
      default:
        if (const auto slice = ChooseSlice(choices_); slice.ok()) {
          entry.slices.push_back(*slice);
        }
    }
    return entry;
  }

  void OpenReader() {
    iterator_.reset();
    using Access = bundle::ReaderOptions::Access;
    auto reader = BundleReader::Open(
        AFileSystem(), Prefix(),
        {.access = choices_.Flip() ? Access::kMap : Access::kRead,
         .max_open_files = choices_.Byte()});
    Note(reader.status());
    if (reader.ok()) reader_ = *std::move(reader);
  }

  void Read() {
    const int call = choices_.Below(14);
    if (call == 0 || reader_ == nullptr) return OpenReader();
    if (call >= 11) return ReadMany(call);
    const std::string key = Key();
    if (call == 1) return Note(reader_->Lookup(key).status());
    if (call == 2) return Note(reader_->Read(key).status());
    if (call == 3) {
      const auto slice = ChooseSlice(choices_);
      return Note(slice.ok()
                      ? reader_->ReadSlice(key, *slice, AVerify()).status()
                      : slice.status());
    }
    if (call == 4) {
      std::string memory(choices_.Byte(), '\0');
      return Note(reader_->ReadInto(key, {memory.data(), memory.size()}));
    }
    if (call == 5) {
      return Note(reader_->View(key, AVerify()).status());
    }
    if (call == 6) return Note(reader_->ReadRaw(AnEntry(key)).status());
    if (call == 7) return Note(reader_->Check(key, AnEntry(key)));
    if (call == 8) {
      int left = choices_.Below(4);
      return Note(reader_->Stream(key, [&](std::string_view) {
        return --left < 0 ? CancelledError("enough") : OkStatus();
      }));
    }
    if (call == 9) {
      int left = choices_.Below(4);
      return Note(reader_->VisitStrings(key, [&](const bundle::StringPart&) {
        return --left < 0 ? CancelledError("enough") : OkStatus();
      }));
    }
    reader_->ShardPath(static_cast<int32_t>(choices_.Number()));
    reader_->Contains(key);
  }

  BundleReader::Verify AVerify() {
    using Verify = BundleReader::Verify;
    static constexpr Verify kAll[] = {Verify::kChecksum, Verify::kOnce,
                                      Verify::kNone};
    return kAll[choices_.Below(3)];
  }

  void ReadMany(int call) {
    bundle::ManyOptions options;
    options.threads = choices_.Below(16) == 0 ? AShard() : 1;
    if (call == 11) {
      std::vector<std::string> keys;
      while (choices_.Flip()) keys.push_back(Key());
      return Note(reader_->ReadMany(keys, options).status());
    }
    int left = choices_.Below(8);
    const auto go_on = [&] {
      return --left < 0 ? CancelledError("enough") : OkStatus();
    };
    if (call == 12) {
      return Note(reader_->ReadAll(
          [&](std::string_view, Tensor) { return go_on(); }, options));
    }
    Note(reader_->CheckAll(
        [&](std::string_view, const Status&) { return go_on(); }, options));
  }

  void Iterate() {
    if (reader_ == nullptr) return OpenReader();
    if (iterator_ == nullptr || choices_.Below(8) == 0) {
      iterator_ = choices_.Flip() ? reader_->NewIterator()
                                  : reader_->NewTensorIterator();
    }
    if (choices_.Below(3) == 0) iterator_->Seek(Key());
    if (choices_.Below(8) == 0) iterator_->SeekToPrefix(Key());
    Note(iterator_->status());
    if (!iterator_->Valid()) return;
    iterator_->key();
    Note(iterator_->entry().status());
    iterator_->Next();
  }

  Choices choices_;
  Status last_;
  MemoryFileSystem fs_;
  UnmappedFileSystem unmapped_{fs_};
  std::unique_ptr<Commit> commit_;
  std::unique_ptr<BundleWriter> writer_;
  std::unique_ptr<BundleWriter::Stream> stream_;
  std::unique_ptr<BundleReader> reader_;
  std::unique_ptr<BundleReader::Iterator> iterator_;
};

Status Run(std::string_view input) { return Program(input).Run(); }

}  // namespace

const Target kApiTarget = {"api", Run};

}  // namespace cairn::fuzz

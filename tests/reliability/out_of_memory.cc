// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
//
// usage: out_of_memory [SCENARIO...]
//
// Runs reading, checking, writing, merging and copying with the n-th allocation
// failing, once or from then on, for n = 0, 1, 2, ... until all of them are
// made. No exception may come out, nothing may leak; what is returned OK must
// be what is returned with all the memory; a checkpoint is afterwards the old
// one or the new one, and saving again works. Above kExhaustive allocations
// only every kStep-th is tried.
#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <initializer_list>
#include <map>
#include <memory>
#include <new>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "cairn/base/commit.h"
#include "cairn/base/crc32c.h"
#include "cairn/base/memory_file_system.h"
#include "cairn/base/strings.h"
#include "cairn/bundle/merge.h"
#include "cairn/bundle/reader.h"
#include "cairn/bundle/writer.h"
#include "cairn/convert/copy.h"
#include "cairn/inspect/locate.h"
#include "cairn/inspect/source.h"
#include "cairn/inspect/verify.h"
#include "cairn/state/checkpoint_state.h"
#include "cairn/v1/reader.h"
#include "cairn/v1/writer.h"

namespace {

constexpr long kExhaustive = 3000;
constexpr long kStep = 29;

// --- the allocator ---

std::atomic<long> live{0};
std::atomic<long> countdown{-1};  // allocations until one fails; -1: none does
std::atomic<bool> stays{false};   // all after it fail too
std::atomic<long> failures{0};

thread_local int pauses = 0;

// While it lives, this thread's allocations all succeed: they are those of the
// scenario, not of what it tests.
class Pause {
 public:
  Pause() { ++pauses; }
  ~Pause() { --pauses; }
};

bool Fails() {
  if (pauses > 0) return false;
  long left = countdown.load();
  while (left >= 0) {
    const long next = left > 0 ? left - 1 : (stays ? 0 : -1);
    if (!countdown.compare_exchange_weak(left, next)) continue;
    if (left > 0) return false;
    ++failures;
    return true;
  }
  return false;
}

void* Allocate(size_t size, size_t alignment) {
  if (Fails()) throw std::bad_alloc();
  void* memory = nullptr;
  if (posix_memalign(&memory, alignment, size == 0 ? 1 : size) != 0) {
    throw std::bad_alloc();
  }
  ++live;
  return memory;
}

void Release(void* memory) {
  if (memory == nullptr) return;
  --live;
  std::free(memory);
}

}  // namespace

// The other forms call these.
void* operator new(size_t size) { return Allocate(size, alignof(max_align_t)); }
void* operator new(size_t size, std::align_val_t alignment) {
  return Allocate(size, static_cast<size_t>(alignment));
}
void operator delete(void* memory) noexcept { Release(memory); }
void operator delete(void* memory, size_t) noexcept { Release(memory); }
void operator delete(void* memory, std::align_val_t) noexcept {
  Release(memory);
}
void operator delete(void* memory, size_t, std::align_val_t) noexcept {
  Release(memory);
}

namespace cairn {
namespace {

// What a scenario saw, gathered without memory.
class Digest {
 public:
  void Add(std::string_view bytes) { crc_ = ExtendCrc32c(crc_, bytes); }
  void Add(const Tensor& tensor) {
    if (tensor.dtype() == DataType::kString) {
      for (const std::string& s : tensor.strings()) Add(s);
    } else {
      Add(tensor.bytes());
    }
  }
  uint32_t value() const { return crc_; }

 private:
  uint32_t crc_ = 0;
};

using Files = std::map<std::string, std::string>;

struct Scenario {
  const char* name;
  std::function<Status(MemoryFileSystem& fs, Digest& digest)> run;
  // Of one that writes: what is under the name it writes to. Without a
  // checkpoint there, 0.
  std::function<StatusOr<uint32_t>(MemoryFileSystem& fs)> written = nullptr;
};

// --- reading ---

StatusOr<TensorSlice> Rows(int64_t begin, int64_t count) {
  const Pause pause;
  return TensorSlice::Create({{begin, count}, {0, 2}});
}

StatusOr<Shape> PartsShape() {
  const Pause pause;
  return Shape::Create(std::vector<int64_t>{4, 2});
}

Status ReadBundle(FileSystem& fs, const std::string& prefix, Digest& digest) {
  CAIRN_ASSIGN_OR_RETURN(const auto reader,
                         bundle::BundleReader::Open(fs, prefix));
  const auto all = reader->NewIterator();
  for (; all->Valid(); all->Next()) {
    digest.Add(all->key());
    CAIRN_RETURN_IF_ERROR(all->entry().status());
  }
  CAIRN_RETURN_IF_ERROR(all->status());
  const auto it = reader->NewTensorIterator();
  for (it->SeekToPrefix(""); it->Valid(); it->Next()) {
    const std::string_view key = it->key();
    digest.Add(key);
    CAIRN_ASSIGN_OR_RETURN(const bundle::BundleEntry entry,
                           reader->Lookup(key));
    CAIRN_ASSIGN_OR_RETURN(const Tensor tensor, reader->Read(key));
    digest.Add(tensor);
    CAIRN_RETURN_IF_ERROR(reader->Check(key, entry));
    const auto take = [&](std::string_view bytes) {
      digest.Add(bytes);
      return OkStatus();
    };
    if (entry.dtype == DataType::kString) {
      CAIRN_RETURN_IF_ERROR(
          reader->VisitStrings(key, [&](const bundle::StringPart& part) {
            digest.Add(part.bytes);
            return OkStatus();
          }));
    } else {
      CAIRN_RETURN_IF_ERROR(reader->Stream(key, take));
    }
    if (!entry.slices.empty()) continue;
    CAIRN_RETURN_IF_ERROR(reader->StreamRaw(entry, take));
    const StatusOr<TensorView> view = reader->View(key);
    if (!view.ok() && !absl::IsFailedPrecondition(view.status())) {
      return view.status();
    }
  }
  return it->status();
}

Status ReadBundleSlices(FileSystem& fs, const std::string& prefix,
                        Digest& digest) {
  CAIRN_ASSIGN_OR_RETURN(const auto reader,
                         bundle::BundleReader::Open(fs, prefix));
  CAIRN_ASSIGN_OR_RETURN(const TensorSlice slice, Rows(1, 3));
  for (const auto verify : {bundle::BundleReader::Verify::kChecksum,
                            bundle::BundleReader::Verify::kOnce,
                            bundle::BundleReader::Verify::kNone}) {
    CAIRN_ASSIGN_OR_RETURN(const Tensor part,
                           reader->ReadSlice("parts", slice, verify));
    digest.Add(part);
    char memory[3 * 2 * sizeof(float)];
    CAIRN_RETURN_IF_ERROR(
        reader->ReadSliceInto("parts", slice, memory, verify));
    digest.Add({memory, sizeof memory});
  }
  return OkStatus();
}

std::span<const std::string> Keys() {
  static const std::string keys[] = {"a", "parts", "words"};
  return keys;
}

Status ReadBundleInThreads(FileSystem& fs, const std::string& prefix,
                           Digest& digest) {
  CAIRN_ASSIGN_OR_RETURN(const auto reader,
                         bundle::BundleReader::Open(fs, prefix));
  bundle::ManyOptions options;
  options.threads = 3;
  uint32_t sum = 0;  // in any order
  CAIRN_RETURN_IF_ERROR(reader->ReadAll(
      [&](std::string_view key, Tensor tensor) {
        Digest one;
        one.Add(key);
        one.Add(tensor);
        sum += one.value();
        return OkStatus();
      },
      options));
  CAIRN_RETURN_IF_ERROR(reader->CheckAll(
      [](std::string_view, const Status& status) { return status; }, options));
  CAIRN_ASSIGN_OR_RETURN(const std::vector<Tensor> tensors,
                         reader->ReadMany(Keys(), options));
  for (const Tensor& tensor : tensors) digest.Add(tensor);
  digest.Add({reinterpret_cast<const char*>(&sum), sizeof sum});
  return OkStatus();
}

Status ReadV1(FileSystem& fs, const std::string& path, Digest& digest) {
  CAIRN_ASSIGN_OR_RETURN(const auto reader, v1::V1Reader::Open(fs, path));
  const auto it = reader->NewIterator();
  for (; it->Valid(); it->Next()) {
    digest.Add(it->name());
    CAIRN_ASSIGN_OR_RETURN(const v1::V1Entry entry, it->entry());
    CAIRN_ASSIGN_OR_RETURN(const Tensor tensor, reader->Read(it->name()));
    digest.Add(tensor);
    CAIRN_RETURN_IF_ERROR(reader->Check(it->name()));
    CAIRN_RETURN_IF_ERROR(reader->RecordSize(entry, entry.pieces[0]).status());
  }
  CAIRN_RETURN_IF_ERROR(it->status());
  CAIRN_ASSIGN_OR_RETURN(const TensorSlice slice, Rows(1, 3));
  CAIRN_ASSIGN_OR_RETURN(const Tensor part, reader->ReadSlice("parts", slice));
  digest.Add(part);
  return reader->CheckAll();
}

Status ReadState(FileSystem& fs, const std::string& dir, Digest& digest) {
  CAIRN_ASSIGN_OR_RETURN(const state::CheckpointState state,
                         state::GetCheckpointState(fs, dir));
  for (const std::string& path : state.all_model_checkpoint_paths) {
    digest.Add(path);
  }
  std::string note;
  CAIRN_ASSIGN_OR_RETURN(
      const std::string latest,
      state::LatestCheckpoint(fs, dir, state::kDefaultStateFile, &note));
  digest.Add(latest);
  digest.Add(note);
  CAIRN_ASSIGN_OR_RETURN(const std::vector<std::string> prefixes,
                         state::ScanForCheckpoints(fs, dir));
  for (const std::string& prefix : prefixes) {
    digest.Add(prefix);
    CAIRN_ASSIGN_OR_RETURN(const std::vector<std::string> files,
                           state::ListDataFiles(fs, prefix));
    for (const std::string& file : files) digest.Add(file);
  }
  return OkStatus();
}

Status ReadSource(FileSystem& fs, const std::string& path, Digest& digest) {
  CAIRN_ASSIGN_OR_RETURN(const inspect::Target target,
                         inspect::LocateCheckpoint(fs, path));
  digest.Add(target.path);
  CAIRN_ASSIGN_OR_RETURN(const auto source,
                         inspect::CheckpointSource::Open(fs, target));
  CAIRN_ASSIGN_OR_RETURN(const std::vector<inspect::StoredFile> files,
                         source->Files());
  for (const inspect::StoredFile& file : files) digest.Add(file.path);
  const auto it = source->NewIterator();
  for (; it->Valid(); it->Next()) {
    CAIRN_ASSIGN_OR_RETURN(const inspect::Entry entry, it->entry());
    CAIRN_RETURN_IF_ERROR(source->Find(entry.key).status());
    CAIRN_RETURN_IF_ERROR(source->Hold(entry.key).status());
    CAIRN_ASSIGN_OR_RETURN(const std::string sha,
                           inspect::TensorSha256(*source, entry));
    digest.Add(sha);
  }
  return it->status();
}

Status Verify(FileSystem& fs, const std::string& path, Digest& digest) {
  CAIRN_ASSIGN_OR_RETURN(const inspect::Target target,
                         inspect::LocateCheckpoint(fs, path));
  inspect::VerifyOptions options;
  options.threads = 2;
  CAIRN_ASSIGN_OR_RETURN(const inspect::VerifyReport report,
                         inspect::VerifyCheckpoint(fs, target, options));
  for (const inspect::Finding& finding : report.findings) {
    digest.Add(finding.text);
  }
  return OkStatus();
}

// --- writing ---

StatusOr<Tensor> Floats(std::initializer_list<int64_t> dims, float first) {
  const Pause pause;
  CAIRN_ASSIGN_OR_RETURN(Shape shape,
                         Shape::Create(std::vector<int64_t>(dims)));
  CAIRN_ASSIGN_OR_RETURN(
      Tensor tensor,
      Tensor::CreateUninitialized(DataType::kFloat, std::move(shape)));
  const std::span<char> bytes = tensor.mutable_bytes();
  for (size_t i = 0; i < bytes.size() / sizeof(float); ++i) {
    const float value = first + static_cast<float>(i);
    std::memcpy(bytes.data() + i * sizeof value, &value, sizeof value);
  }
  return tensor;
}

StatusOr<Tensor> Words() {
  const Pause pause;
  CAIRN_ASSIGN_OR_RETURN(Shape shape, Shape::Create(std::vector<int64_t>{3}));
  CAIRN_ASSIGN_OR_RETURN(
      Tensor tensor,
      Tensor::CreateUninitialized(DataType::kString, std::move(shape)));
  tensor.strings()[0] = "";
  tensor.strings()[1] = std::string(40, 'w');
  tensor.strings()[2] = "three";
  return tensor;
}

// Two whole tensors, one of strings, and one of [4, 2] in two pieces.
template <typename Writer>
Status AddTensors(Writer& writer, float first) {
  CAIRN_ASSIGN_OR_RETURN(const Tensor a, Floats({5, 3}, first));
  CAIRN_RETURN_IF_ERROR(writer.Add("a", a.view()));
  CAIRN_ASSIGN_OR_RETURN(const Tensor b, Floats({70}, first + 1));
  CAIRN_RETURN_IF_ERROR(writer.Add("dir/b", b.view()));
  CAIRN_ASSIGN_OR_RETURN(const Tensor words, Words());
  CAIRN_RETURN_IF_ERROR(writer.Add("words", words.view()));
  CAIRN_ASSIGN_OR_RETURN(const Shape full, PartsShape());
  for (const int64_t row : {0, 2}) {
    CAIRN_ASSIGN_OR_RETURN(const TensorSlice slice, Rows(row, 2));
    CAIRN_ASSIGN_OR_RETURN(const Tensor part,
                           Floats({2, 2}, first + static_cast<float>(row) * 2));
    CAIRN_RETURN_IF_ERROR(writer.AddSlice("parts", full, slice, part.view()));
  }
  return OkStatus();
}

Status WriteBundle(FileSystem& fs, const std::string& prefix, float first) {
  Commit commit(fs, prefix);
  bundle::BundleWriterOptions options;
  options.max_shard_size = 100;
  CAIRN_ASSIGN_OR_RETURN(const auto writer,
                         bundle::BundleWriter::Create(commit, prefix, options));
  CAIRN_RETURN_IF_ERROR(AddTensors(*writer, first));
  CAIRN_ASSIGN_OR_RETURN(const Tensor streamed, Floats({6}, first));
  CAIRN_ASSIGN_OR_RETURN(
      const auto stream,
      writer->Begin("streamed", DataType::kFloat, streamed.shape()));
  CAIRN_RETURN_IF_ERROR(stream->Append(streamed.bytes().substr(0, 4)));
  CAIRN_RETURN_IF_ERROR(stream->Append(streamed.bytes().substr(4)));
  CAIRN_RETURN_IF_ERROR(stream->Finish());
  CAIRN_RETURN_IF_ERROR(writer->Finish());
  return commit.Finish();
}

// A writer whose user goes on after errors must not make anything visible.
Status WriteBundleStubbornly(FileSystem& fs, const std::string& prefix) {
  Commit commit(fs, prefix);
  CAIRN_ASSIGN_OR_RETURN(const auto writer,
                         bundle::BundleWriter::Create(commit, prefix));
  const Status added = AddTensors(*writer, 7);
  writer->Finish().IgnoreError();
  const Status committed = commit.Finish();
  return committed.ok() ? added : committed;
}

Status WriteV1(FileSystem& fs, const std::string& path, float first) {
  Commit commit(fs, path);
  CAIRN_ASSIGN_OR_RETURN(const auto writer, v1::V1Writer::Create(commit, path));
  CAIRN_RETURN_IF_ERROR(AddTensors(*writer, first));
  CAIRN_RETURN_IF_ERROR(writer->Finish());
  return commit.Finish();
}

Status WriteV1Stubbornly(FileSystem& fs, const std::string& path) {
  Commit commit(fs, path);
  CAIRN_ASSIGN_OR_RETURN(const auto writer, v1::V1Writer::Create(commit, path));
  const Status added = AddTensors(*writer, 7);
  writer->Finish().IgnoreError();
  const Status committed = commit.Finish();
  return committed.ok() ? added : committed;
}

Status WriteState(FileSystem& fs, const std::string& dir) {
  std::vector<std::string> all;
  {
    const Pause pause;
    all.emplace_back("d/old");
  }
  CAIRN_ASSIGN_OR_RETURN(
      const state::CheckpointState state,
      state::MakeCheckpointState(dir, "d/new", std::move(all)));
  return state::WriteCheckpointState(fs, dir, state);
}

Status Copy(FileSystem& fs, const std::string& from, const std::string& to,
            inspect::Format format, convert::Existing existing) {
  convert::CopyOptions options;
  options.format = format;
  options.num_shards = 2;
  options.existing = existing;
  CAIRN_ASSIGN_OR_RETURN(const inspect::Target target,
                         inspect::LocateCheckpoint(fs, from));
  return convert::CopyCheckpoint(fs, target, to, options).status();
}

// --- what is there ---

StatusOr<uint32_t> BundleThere(FileSystem& fs, const std::string& prefix) {
  Digest digest;
  const Status read = ReadBundle(fs, prefix, digest);
  if (absl::IsNotFound(read) && !state::CheckpointExists(fs, prefix)) {
    return 0;
  }
  CAIRN_RETURN_IF_ERROR(read);
  return digest.value();
}

StatusOr<uint32_t> V1There(FileSystem& fs, const std::string& path) {
  Digest digest;
  const Status read = ReadV1(fs, path, digest);
  if (absl::IsNotFound(read)) return 0;
  CAIRN_RETURN_IF_ERROR(read);
  return digest.value();
}

StatusOr<uint32_t> StateThere(FileSystem& fs, const std::string& path) {
  CAIRN_ASSIGN_OR_RETURN(const std::string text, fs.ReadFile(path, 1 << 20));
  return Crc32c(text);
}

std::vector<Scenario> Scenarios() {
  const std::vector<std::string> inputs = {"d/old", "d/other"};
  const auto bundle_at = [](const char* prefix) {
    return [prefix](MemoryFileSystem& fs) { return BundleThere(fs, prefix); };
  };
  const auto v1_at = [](const char* path) {
    return [path](MemoryFileSystem& fs) { return V1There(fs, path); };
  };
  return {
      {"read bundle",
       [](auto& fs, auto& d) { return ReadBundle(fs, "d/old", d); }},
      {"read bundle slices",
       [](auto& fs, auto& d) { return ReadBundleSlices(fs, "d/old", d); }},
      {"read bundle in threads",
       [](auto& fs, auto& d) { return ReadBundleInThreads(fs, "d/old", d); }},
      {"read V1", [](auto& fs, auto& d) { return ReadV1(fs, "d/v1", d); }},
      {"read state", [](auto& fs, auto& d) { return ReadState(fs, "d", d); }},
      {"list bundle", [](auto& fs, auto& d) { return ReadSource(fs, "d", d); }},
      {"list V1", [](auto& fs, auto& d) { return ReadSource(fs, "d/v1", d); }},
      {"verify bundle",
       [](auto& fs, auto& d) { return Verify(fs, "d/old", d); }},
      {"verify V1", [](auto& fs, auto& d) { return Verify(fs, "d/v1", d); }},
      {"write bundle",
       [](auto& fs, auto&) { return WriteBundle(fs, "d/new", 7); },
       bundle_at("d/new")},
      {"overwrite bundle",
       [](auto& fs, auto&) { return WriteBundle(fs, "d/old", 7); },
       bundle_at("d/old")},
      {"write bundle, ignoring errors",
       [](auto& fs, auto&) { return WriteBundleStubbornly(fs, "d/new"); },
       bundle_at("d/new")},
      {"merge bundles",
       [inputs](auto& fs, auto&) {
         bundle::MergeOptions options;
         options.delete_inputs = false;
         return bundle::MergeBundles(fs, std::span(inputs).subspan(1), "d/new",
                                     options);
       },
       bundle_at("d/new")},
      {"write V1", [](auto& fs, auto&) { return WriteV1(fs, "d/new", 7); },
       v1_at("d/new")},
      {"overwrite V1", [](auto& fs, auto&) { return WriteV1(fs, "d/v1", 7); },
       v1_at("d/v1")},
      {"write V1, ignoring errors",
       [](auto& fs, auto&) { return WriteV1Stubbornly(fs, "d/new"); },
       v1_at("d/new")},
      {"write state", [](auto& fs, auto&) { return WriteState(fs, "d"); },
       [](MemoryFileSystem& fs) { return StateThere(fs, "d/checkpoint"); }},
      {"copy to a bundle",
       [](auto& fs, auto&) {
         return Copy(fs, "d/v1", "d/new", inspect::Format::kBundle,
                     convert::Existing::kReplace);
       },
       bundle_at("d/new")},
      {"copy over a bundle",
       [](auto& fs, auto&) {
         return Copy(fs, "d/v1", "d/old", inspect::Format::kBundle,
                     convert::Existing::kReplace);
       },
       bundle_at("d/old")},
      {"copy to V1",
       [](auto& fs, auto&) {
         return Copy(fs, "d/old", "d/new", inspect::Format::kV1,
                     convert::Existing::kReplace);
       },
       v1_at("d/new-?\?\?\?\?-of-00002")},
  };
}

// --- the sweep ---

struct Tally {
  long runs = 0;
  long ok = 0;  // although an allocation failed
  long exhausted = 0;
  long other = 0;
  long temporaries = 0;          // left over when one allocation failed
  long temporaries_staying = 0;  // when all did
  int wrong = 0;
  std::map<std::string, long> others;
};

class Sweep {
 public:
  Sweep(const Scenario& scenario, const Files& files)
      : scenario_(scenario), files_(files) {}

  int Run() {
    expected_ = Expected();
    for (const bool stay : {false, true}) {
      for (long n = 0;; n += n < kExhaustive ? 1 : kStep) {
        const long before = live;
        char error[256] = "";
        const bool reached = Once(n, stay, error);
        if (live != before) {
          Wrong(n, stay, StrCat(live - before, " allocations leaked"));
        }
        if (error[0] != '\0') ++tally_.others[error];
        if (!reached) break;
        last_ = n;
      }
    }
    std::printf(
        "%-30s %6ld runs, allocations 0 to %ld: %ld exhausted, %ld other "
        "errors, %ld ok; %ld and %ld temporaries left%s\n",
        scenario_.name, tally_.runs, last_, tally_.exhausted, tally_.other,
        tally_.ok, tally_.temporaries, tally_.temporaries_staying,
        tally_.wrong > 0 ? "  WRONG" : "");
    for (const auto& [text, count] : tally_.others) {
      std::printf("    %ld x %s\n", count, text.c_str());
    }
    return tally_.wrong;
  }

 private:
  std::unique_ptr<MemoryFileSystem> Fresh() const {
    auto fs = std::make_unique<MemoryFileSystem>();
    for (const auto& [path, contents] : files_) fs->Put(path, contents);
    return fs;
  }

  // With all the memory; also makes what is made once.
  uint32_t Expected() {
    Digest digest;
    const auto fs = Fresh();
    if (scenario_.written) old_ = Written(*fs, 0, false);
    const Status status = scenario_.run(*fs, digest);
    if (!status.ok()) Wrong(-1, false, Message(status));
    if (scenario_.written) new_ = Written(*fs, -1, false);
    if (scenario_.written && old_ == new_) Wrong(-1, false, "changes nothing");
    return digest.value();
  }

  uint32_t Written(MemoryFileSystem& fs, long n, bool stay) {
    const StatusOr<uint32_t> there = scenario_.written(fs);
    if (there.ok()) return *there;
    Wrong(n, stay, StrCat("neither old nor new: ", Message(there.status())));
    return 0;
  }

  // False if no allocation failed.
  bool Once(long n, bool stay, std::span<char> error) {
    const auto fs = Fresh();
    Digest digest;
    Status status;
    failures = 0;
    stays = stay;
    countdown = n;
    try {
      status = scenario_.run(*fs, digest);
      countdown = -1;
    } catch (...) {
      countdown = -1;
      Wrong(n, stay, "an exception came out");
      return true;
    }
    if (failures == 0) return false;
    ++tally_.runs;
    if (status.ok()) {
      ++tally_.ok;
      if (digest.value() != expected_) Wrong(n, stay, "OK, but differs");
    } else if (absl::IsResourceExhausted(status)) {
      ++tally_.exhausted;
    } else {
      ++tally_.other;
      std::snprintf(error.data(), error.size(), "%s", Message(status).c_str());
    }
    if (scenario_.written) CheckWritten(*fs, n, stay, status);
    CheckOthers(*fs, n, stay);
    return true;
  }

  void CheckWritten(MemoryFileSystem& fs, long n, bool stay,
                    const Status& status) {
    const uint32_t there = Written(fs, n, stay);
    if (there != old_ && there != new_) Wrong(n, stay, "a mixture");
    if (status.ok() && there != new_) Wrong(n, stay, "OK, but not there");
    for (const auto& [path, contents] : fs.Files()) {
      if (path.find(".cairn-tmp-") == std::string::npos) continue;
      ++(stay ? tally_.temporaries_staying : tally_.temporaries);
    }
    Digest digest;
    const Status again = scenario_.run(fs, digest);
    if (!again.ok()) {
      Wrong(n, stay, StrCat("cannot be written again: ", Message(again)));
    } else if (Written(fs, n, stay) != new_) {
      Wrong(n, stay, "differs when written again");
    }
  }

  // The checkpoints that have nothing to do with it.
  void CheckOthers(MemoryFileSystem& fs, long n, bool stay) {
    const Files now = fs.Files();
    for (const auto& [path, contents] : files_) {
      const bool may_change =
          scenario_.written && (path.starts_with("d/old.") || path == "d/v1" ||
                                path == "d/checkpoint");
      const auto found = now.find(path);
      if (may_change) continue;
      if (found == now.end() || found->second != contents) {
        Wrong(n, stay, StrCat(path, " changed"));
      }
    }
  }

  void Wrong(long n, bool stay, const std::string& what) {
    if (++tally_.wrong > 20) return;
    std::printf("%s: allocation %ld%s: %s\n", scenario_.name, n,
                stay ? " and all after it" : "", what.c_str());
  }

  const Scenario& scenario_;
  const Files& files_;
  uint32_t expected_ = 0;
  uint32_t old_ = 0;
  uint32_t new_ = 0;
  long last_ = 0;
  Tally tally_;
};

StatusOr<Files> Prepare() {
  MemoryFileSystem fs;
  CAIRN_RETURN_IF_ERROR(WriteBundle(fs, "d/old", 1));
  CAIRN_RETURN_IF_ERROR(WriteBundle(fs, "d/other", 2));
  CAIRN_RETURN_IF_ERROR(WriteV1(fs, "d/v1", 3));
  CAIRN_ASSIGN_OR_RETURN(const state::CheckpointState state,
                         state::MakeCheckpointState("d", "d/old", {"d/v1"}));
  CAIRN_RETURN_IF_ERROR(state::WriteCheckpointState(fs, "d", state));
  return fs.Files();
}

int Main(std::span<char*> wanted) {
  const StatusOr<Files> files = Prepare();
  if (!files.ok()) {
    std::printf("cannot prepare: %s\n", Message(files.status()).c_str());
    return 1;
  }
  std::printf("every allocation up to %ld, then every %ldth\n", kExhaustive,
              kStep);
  int wrong = 0;
  for (const Scenario& scenario : Scenarios()) {
    const std::string_view name = scenario.name;
    if (!wanted.empty() && std::ranges::find(wanted, name) == wanted.end()) {
      continue;
    }
    wrong += Sweep(scenario, *files).Run();
  }
  return wrong > 0 ? 1 : 0;
}

}  // namespace
}  // namespace cairn

int main(int argc, char** argv) {
  return cairn::Main({argv + 1, static_cast<size_t>(argc - 1)});
}

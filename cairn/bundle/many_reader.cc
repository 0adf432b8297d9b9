// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
//
// Many tensors at once. Threads take parts of at most kPartBytes, tensor after
// tensor in the order of their places in the files, so that a large tensor
// keeps all of them busy and a disk is read forwards. The checksums of a
// tensor's parts are combined when the last one is done.
#include <algorithm>
#include <mutex>
#include <new>
#include <system_error>
#include <thread>
#include <utility>

#include "cairn/base/crc32c.h"
#include "cairn/base/guard_memory.h"
#include "cairn/base/strings.h"
#include "cairn/bundle/reader_impl.h"
#include "cairn/bundle/string_reading.h"

namespace cairn::bundle {
namespace {

constexpr uint64_t kPartBytes = uint64_t{8} << 20;
static_assert(kPartBytes % kChunkBytes == 0);
// Tensors that are listed and sorted together.
constexpr size_t kBatch = 4096;
// A thread more is worth starting for as many bytes.
constexpr uint64_t kBytesPerThread = uint64_t{2} << 20;

class ManyReader {
 public:
  struct Job {
    std::string key;
    BundleEntry entry;
    size_t index = 0;     // of the result
    std::span<char> out;  // the caller's memory, if into_memory
    bool into_memory = false;
    // While it is worked on.
    Tensor tensor;
    char* target = nullptr;
    size_t taken = 0;  // parts
    size_t done = 0;
    std::vector<uint32_t> checksums;
  };
  enum class Work { kRead, kCheck };
  // What becomes of a finished job; called by one thread at a time.
  using Finish = std::function<Status(Job& job, const Status& status)>;

  ManyReader(const BundleReader::Impl& impl, Work work,
             const ManyOptions& options, Finish finish)
      : impl_(impl),
        work_(work),
        options_(options),
        finish_(std::move(finish)) {}

  // What on_progress is told.
  void Expect(uint64_t tensors, uint64_t bytes) {
    progress_.total_tensors = tensors;
    progress_.total_bytes = bytes;
  }
  Status Run(std::vector<Job> jobs);
  // What a tensor counts for.
  static uint64_t BytesOf(const BundleEntry& entry) {
    if (entry.slices.empty()) return static_cast<uint64_t>(entry.size);
    const StatusOr<int64_t> bytes =
        ByteSize(entry.shape, DataTypeSize(entry.dtype));
    return bytes.ok() ? static_cast<uint64_t>(*bytes) : 0;
  }

 private:
  size_t NumParts(const Job& job) const {
    if (!IsSplit(job)) return 1;
    return static_cast<size_t>(
        (static_cast<uint64_t>(job.entry.size) + kPartBytes - 1) / kPartBytes);
  }
  bool IsSplit(const Job& job) const {
    return work_ == Work::kRead && job.entry.slices.empty() &&
           IsFixedSize(job.entry.dtype) &&
           static_cast<uint64_t>(job.entry.size) > kPartBytes;
  }
  int NumThreads() const;
  void Loop();
  // The next part; null at the end or after an error.
  Job* TakePart(size_t* part);
  Status Start(Job& job) const;
  Status RunPart(Job& job, size_t part) const;
  Status RunWhole(Job& job) const;
  void PartDone(Job& job, const Status& status);
  Status Complete(Job& job) const;
  void Advance(uint64_t tensors, uint64_t bytes);
  void Stop(const Status& status);

  const BundleReader::Impl& impl_;
  const Work work_;
  const ManyOptions& options_;
  const Finish finish_;

  std::mutex mutex_;  // of what follows
  std::vector<Job> jobs_;
  size_t next_ = 0;
  Status status_;
  Progress progress_;
  std::mutex finish_mutex_;
};

int ManyReader::NumThreads() const {
  uint64_t bytes = 0;
  for (const Job& job : jobs_) bytes += BytesOf(job.entry);
  int threads = options_.threads;
  if (threads <= 0) {
    threads =
        static_cast<int>(std::max(1u, std::thread::hardware_concurrency()));
    const uint64_t useful = 1 + bytes / kBytesPerThread;
    if (useful < static_cast<uint64_t>(threads)) {
      threads = static_cast<int>(useful);
    }
  }
  return std::min(threads, kMaxReaderThreads);
}

Status ManyReader::Run(std::vector<Job> jobs) {
  jobs_ = std::move(jobs);
  next_ = 0;
  std::ranges::sort(jobs_, {}, [](const Job& job) {
    return std::pair(job.entry.shard_id, job.entry.offset);
  });
  std::vector<std::thread> threads;
  const int wanted = NumThreads();
  threads.reserve(static_cast<size_t>(wanted));
  for (int i = wanted; i > 1; --i) {
    try {
      threads.emplace_back([this] { Loop(); });
    } catch (const std::system_error&) {
      break;  // fewer will do
    } catch (const std::bad_alloc&) {
      break;
    }
  }
  Loop();
  for (std::thread& thread : threads) thread.join();
  return status_;
}

void ManyReader::Stop(const Status& status) {
  if (status_.ok()) status_ = status;
}

ManyReader::Job* ManyReader::TakePart(size_t* part) {
  const std::lock_guard<std::mutex> lock(mutex_);
  if (status_.ok()) Stop(CheckStop(options_.supervision, "reading tensors"));
  if (!status_.ok() || next_ == jobs_.size()) return nullptr;
  Job& job = jobs_[next_];
  *part = job.taken++;
  if (*part == 0) {
    const Status started = Start(job);
    if (!started.ok()) {
      Stop(Annotate(started, StrCat("tensor ", Escape(job.key))));
      return nullptr;
    }
  }
  if (job.taken == NumParts(job)) ++next_;
  return &job;
}

// Memory and checks for a job that several threads will share.
Status ManyReader::Start(Job& job) const {
  if (!IsSplit(job)) return OkStatus();
  job.checksums.resize(NumParts(job));
  CAIRN_RETURN_IF_ERROR(impl_.BytesOf(job.entry).status());
  if (job.into_memory) {
    CAIRN_RETURN_IF_ERROR(
        impl_.CheckTarget(job.entry, job.entry.shape, job.out.size()));
    job.target = job.out.data();
    return OkStatus();
  }
  CAIRN_ASSIGN_OR_RETURN(job.tensor, Tensor::CreateUninitialized(
                                         job.entry.dtype, job.entry.shape));
  job.target = job.tensor.mutable_bytes().data();
  return OkStatus();
}

Status ManyReader::RunWhole(Job& job) const {
  if (work_ == Work::kCheck) return impl_.CheckEntry(job.key, job.entry);
  if (job.into_memory) {
    return impl_.ReadEntryInto(job.key, job.entry, job.out);
  }
  CAIRN_ASSIGN_OR_RETURN(job.tensor, impl_.ReadEntry(job.key, job.entry));
  return OkStatus();
}

Status ManyReader::RunPart(Job& job, size_t part) const {
  if (!IsSplit(job)) return RunWhole(job);
  CAIRN_ASSIGN_OR_RETURN(const StoredBytes stored, impl_.BytesOf(job.entry));
  const uint64_t begin = part * kPartBytes;
  const auto size = static_cast<size_t>(
      std::min<uint64_t>(kPartBytes, stored.size() - begin));
  CAIRN_ASSIGN_OR_RETURN(
      job.checksums[part],
      impl_.ReadPart(job.entry, stored, begin, size, job.target + begin));
  return OkStatus();
}

Status ManyReader::Complete(Job& job) const {
  if (!IsSplit(job)) return OkStatus();
  uint32_t crc = 0;
  for (size_t part = 0; part < job.checksums.size(); ++part) {
    const uint64_t begin = part * kPartBytes;
    const uint64_t size = std::min<uint64_t>(
        kPartBytes, static_cast<uint64_t>(job.entry.size) - begin);
    crc = CombineCrc32c(crc, job.checksums[part], size);
  }
  return impl_.InData(CompareChecksum(job.entry, crc), job.entry);
}

void ManyReader::PartDone(Job& job, const Status& status) {
  Status result = status;
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (!result.ok() && work_ == Work::kRead) {
      return Stop(Annotate(result, StrCat("tensor ", Escape(job.key))));
    }
    if (++job.done < NumParts(job)) {
      return Advance(0, kPartBytes);
    }
  }
  if (result.ok()) result = Complete(job);
  if (!result.ok()) {
    result = Annotate(result, StrCat("tensor ", Escape(job.key)));
  }
  if (result.ok() || work_ == Work::kCheck) {
    const std::lock_guard<std::mutex> lock(finish_mutex_);
    result = finish_(job, result);
  }
  job.tensor = Tensor();
  const std::lock_guard<std::mutex> lock(mutex_);
  if (!result.ok()) return Stop(result);
  Advance(1, BytesOf(job.entry) - (NumParts(job) - 1) * kPartBytes);
}

void ManyReader::Advance(uint64_t tensors, uint64_t bytes) {
  progress_.tensors += tensors;
  progress_.bytes += bytes;
  if (options_.supervision.on_progress) {
    options_.supervision.on_progress(progress_);
  }
}

void ManyReader::Loop() {
  size_t part = 0;
  // An exception must not leave a thread.
  const Status status = GuardMemory(impl_.prefix, [&] {
    while (Job* const job = TakePart(&part)) {
      PartDone(*job,
               GuardMemory(impl_.prefix, [&] { return RunPart(*job, part); }));
    }
    return OkStatus();
  });
  if (status.ok()) return;
  const std::lock_guard<std::mutex> lock(mutex_);
  Stop(status);
}

using Job = ManyReader::Job;

Status WalkTensors(
    const BundleReader& reader, const ManyOptions& options,
    const std::function<Status(std::string_view, StatusOr<BundleEntry>)>& use) {
  const auto it = reader.NewTensorIterator();
  for (; it->Valid(); it->Next()) {
    CAIRN_RETURN_IF_ERROR(CheckStop(options.supervision, "reading tensors"));
    StatusOr<BundleEntry> entry = it->entry();
    if (entry.ok() && options.filter && !options.filter(it->key(), *entry)) {
      continue;
    }
    CAIRN_RETURN_IF_ERROR(use(it->key(), std::move(entry)));
  }
  return it->status();
}

Status ExpectAll(const BundleReader& reader, const ManyOptions& options,
                 ManyReader& many) {
  if (!options.supervision.on_progress) return OkStatus();
  uint64_t tensors = 0;
  uint64_t bytes = 0;
  CAIRN_RETURN_IF_ERROR(WalkTensors(
      reader, options, [&](std::string_view, StatusOr<BundleEntry> entry) {
        tensors += 1;
        if (entry.ok()) bytes += ManyReader::BytesOf(*entry);
        return OkStatus();
      }));
  many.Expect(tensors, bytes);
  return OkStatus();
}

// Adds a job to the batch, and runs it when it is full.
Status Enqueue(ManyReader& many, std::vector<Job>& batch, std::string_view key,
               BundleEntry entry) {
  Job job;
  job.key = key;
  job.entry = std::move(entry);
  batch.push_back(std::move(job));
  return batch.size() < kBatch ? OkStatus()
                               : many.Run(std::exchange(batch, {}));
}

// Runs the jobs in batches; `make` fills in number i's key, entry and memory.
Status RunListed(ManyReader& many, size_t count, const ManyOptions& options,
                 const std::function<Status(size_t i, Job& job)>& make) {
  // Everything is looked up first, so that a missing key costs no reading.
  uint64_t bytes = 0;
  std::vector<Job> jobs;
  for (size_t i = 0; i < count; ++i) {
    Job job;
    job.index = i;
    CAIRN_RETURN_IF_ERROR(make(i, job));
    bytes += ManyReader::BytesOf(job.entry);
    jobs.push_back(std::move(job));
  }
  if (options.supervision.on_progress) many.Expect(count, bytes);
  return many.Run(std::move(jobs));
}

}  // namespace

StatusOr<std::vector<Tensor>> BundleReader::ReadMany(
    std::span<const std::string> keys, const ManyOptions& options) const {
  return GuardMemory(prefix(), [&]() -> StatusOr<std::vector<Tensor>> {
    std::vector<Tensor> tensors(keys.size());
    ManyReader many(*impl_, ManyReader::Work::kRead, options,
                    [&](Job& job, const Status&) {
                      tensors[job.index] = std::move(job.tensor);
                      return OkStatus();
                    });
    CAIRN_RETURN_IF_ERROR(
        RunListed(many, keys.size(), options, [&](size_t i, Job& job) {
          job.key = keys[i];
          CAIRN_ASSIGN_OR_RETURN(job.entry, impl_->Lookup(keys[i]));
          return OkStatus();
        }));
    return tensors;
  });
}

Status BundleReader::ReadManyInto(std::span<const ReadTarget> targets,
                                  const ManyOptions& options) const {
  return GuardMemory(prefix(), [&]() -> Status {
    ManyReader many(*impl_, ManyReader::Work::kRead, options,
                    [](Job&, const Status&) { return OkStatus(); });
    return RunListed(many, targets.size(), options, [&](size_t i, Job& job) {
      job.key = targets[i].key;
      job.out = targets[i].out;
      job.into_memory = true;
      CAIRN_ASSIGN_OR_RETURN(job.entry, impl_->Lookup(job.key));
      const Status fits =
          impl_->CheckTarget(job.entry, job.entry.shape, job.out.size());
      return fits.ok() ? fits
                       : Annotate(fits, StrCat("tensor ", Escape(job.key)));
    });
  });
}

Status BundleReader::ReadAll(
    const std::function<Status(std::string_view key, Tensor tensor)>& take,
    const ManyOptions& options) const {
  return GuardMemory(prefix(), [&]() -> Status {
    ManyReader many(*impl_, ManyReader::Work::kRead, options,
                    [&](Job& job, const Status&) {
                      return take(job.key, std::move(job.tensor));
                    });
    CAIRN_RETURN_IF_ERROR(ExpectAll(*this, options, many));
    std::vector<Job> jobs;
    CAIRN_RETURN_IF_ERROR(WalkTensors(
        *this, options, [&](std::string_view key, StatusOr<BundleEntry> entry) {
          if (!entry.ok()) return entry.status();
          return Enqueue(many, jobs, key, *std::move(entry));
        }));
    return many.Run(std::move(jobs));
  });
}

Status BundleReader::CheckAll(
    const std::function<Status(std::string_view key, const Status& status)>&
        report,
    const ManyOptions& options) const {
  return GuardMemory(prefix(), [&]() -> Status {
    ManyReader many(*impl_, ManyReader::Work::kCheck, options,
                    [&](Job& job, const Status& status) {
                      return report(job.key, status);
                    });
    CAIRN_RETURN_IF_ERROR(ExpectAll(*this, options, many));
    std::vector<Job> jobs;
    CAIRN_RETURN_IF_ERROR(WalkTensors(
        *this, options, [&](std::string_view key, StatusOr<BundleEntry> entry) {
          if (!entry.ok()) return report(key, entry.status());
          return Enqueue(many, jobs, key, *std::move(entry));
        }));
    return many.Run(std::move(jobs));
  });
}

}  // namespace cairn::bundle

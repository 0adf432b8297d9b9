// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
#include "save_modes.h"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include "cairn/base/commit.h"
#include "cairn/base/strings.h"
#include "cairn/bundle/merge.h"
#include "cairn/bundle/reader.h"
#include "cairn/bundle/writer.h"
#include "cairn/convert/copy.h"
#include "cairn/inspect/locate.h"
#include "cairn/object/checkpoint_manager.h"
#include "cairn/saver/saver.h"
#include "cairn/state/checkpoint_state.h"
#include "cairn/tensor/variable.h"
#include "cairn/v1/reader.h"
#include "cairn/v1/writer.h"

namespace cairn::reliability {
namespace {

using bundle::Overwrite;

constexpr std::array<const char*, 3> kNames = {"a", "b", "c"};

Tensor Filled(int elements, int value) {
  Tensor tensor = *Tensor::Create(DataType::kFloat, Shape({elements}));
  std::ranges::fill(tensor.data<float>(), static_cast<float>(value));
  return tensor;
}

// The number all tensors hold; DataLoss for a mixture.
StatusOr<int> NumberIn(const std::vector<Tensor>& tensors) {
  std::optional<float> number;
  for (const Tensor& tensor : tensors) {
    for (const float value : tensor.data<float>()) {
      if (number && *number != value) {
        return DataLossError(StrCat("a mixture of ", *number, " and ", value));
      }
      number = value;
    }
  }
  return static_cast<int>(number.value_or(0));
}

template <typename Reader>
StatusOr<int> ReadNumber(const Reader& reader, const char* suffix = "") {
  std::vector<Tensor> tensors;
  for (const char* name : kNames) {
    CAIRN_ASSIGN_OR_RETURN(Tensor tensor, reader.Read(StrCat(name, suffix)));
    tensors.push_back(std::move(tensor));
  }
  return NumberIn(tensors);
}

StatusOr<int> ReadBundle(FileSystem& fs, const std::string& prefix) {
  CAIRN_ASSIGN_OR_RETURN(const auto reader,
                         bundle::BundleReader::Open(fs, prefix));
  return ReadNumber(*reader);
}

StatusOr<int> ReadObjects(FileSystem& fs, const std::string& prefix) {
  CAIRN_ASSIGN_OR_RETURN(const auto reader,
                         bundle::BundleReader::Open(fs, prefix));
  return ReadNumber(*reader, "/.ATTRIBUTES/VARIABLE_VALUE");
}

// --- runs ---

// What every run has: three variables, and a checkpoint of them.
class ObjectRun : public SaveRun {
 public:
  ObjectRun(FileSystem& fs, std::string dir, int elements)
      : fs_(fs),
        dir_(std::move(dir)),
        elements_(elements),
        a_("a", Filled(elements, 0)),
        b_("b", Filled(elements, 0)),
        c_("c", Filled(elements, 0)),
        checkpoint_(fs, {{"a", &a_}, {"b", &b_}, {"c", &c_}}) {}

 protected:
  Status Set(int value) {
    for (Variable* variable : {&a_, &b_, &c_}) {
      CAIRN_RETURN_IF_ERROR(variable->Assign(Filled(elements_, value)));
    }
    return OkStatus();
  }

  FileSystem& fs_;
  const std::string dir_;
  const int elements_;
  Variable a_, b_, c_;
  object::Checkpoint checkpoint_;
};

class NewNames : public ObjectRun {
 public:
  using ObjectRun::ObjectRun;
  Status Save(int value) override {
    CAIRN_RETURN_IF_ERROR(Set(value));
    return checkpoint_.Save(JoinPath(dir_, "ckpt")).status();
  }
};

enum class Where { kForeground, kBackground };

class Overwriting : public ObjectRun {
 public:
  Overwriting(FileSystem& fs, std::string dir, int elements, Overwrite how,
              Where where)
      : ObjectRun(fs, std::move(dir), elements), where_(where) {
    options_.overwrite = how;
  }

  Status Save(int value) override {
    const std::string prefix = JoinPath(dir_, "ckpt");
    CAIRN_RETURN_IF_ERROR(Set(value));
    if (where_ == Where::kForeground) {
      return checkpoint_.Write(prefix, options_).status();
    }
    CAIRN_ASSIGN_OR_RETURN(const object::AsyncSave save,
                           checkpoint_.WriteAsync(prefix, {}, options_));
    CAIRN_RETURN_IF_ERROR(Set(-1));
    return save.committed.get();
  }

 private:
  const Where where_;
  object::SaveOptions options_;
};

class Managed : public ObjectRun {
 public:
  Managed(FileSystem& fs, std::string dir, int elements, int keep, Where where)
      : ObjectRun(fs, std::move(dir), elements), keep_(keep), where_(where) {}

  Status Save(int value) override {
    CAIRN_RETURN_IF_ERROR(Begin());
    CAIRN_RETURN_IF_ERROR(Set(value));
    if (where_ == Where::kForeground) return manager_->Save().status();
    CAIRN_ASSIGN_OR_RETURN(const object::AsyncSave save, manager_->SaveAsync());
    CAIRN_RETURN_IF_ERROR(Set(-1));
    return save.committed.get();
  }

 private:
  Status Begin() {
    if (manager_ != nullptr) return OkStatus();
    CAIRN_ASSIGN_OR_RETURN(
        manager_, object::CheckpointManager::Create(&checkpoint_, dir_,
                                                    {.max_to_keep = keep_}));
    return manager_->RestoreOrInitialize().status();
  }

  const int keep_;
  const Where where_;
  std::unique_ptr<object::CheckpointManager> manager_;
};

// `a` holds the number; `b` follows every second time, so that its file is
// shared in between; `c` never changes and its file always is.
class Incremental : public ObjectRun {
 public:
  Incremental(FileSystem& fs, std::string dir, int elements, bool managed,
              Overwrite how)
      : ObjectRun(fs, std::move(dir), elements), managed_(managed), how_(how) {}

  Status Save(int value) override {
    if (managed_ && manager_ == nullptr) {
      CAIRN_ASSIGN_OR_RETURN(
          manager_, object::CheckpointManager::Create(&checkpoint_, dir_,
                                                      {.max_to_keep = 1}));
      CAIRN_RETURN_IF_ERROR(manager_->RestoreOrInitialize().status());
    }
    CAIRN_RETURN_IF_ERROR(a_.Assign(Filled(elements_, value)));
    CAIRN_RETURN_IF_ERROR(b_.Assign(Filled(elements_, value / 2)));
    object::ManagedSave save;
    save.options.incremental.emplace();
    save.options.incremental->how.min_live_bytes = 1;
    save.options.overwrite = how_;
    if (managed_) return manager_->Save(save).status();
    const std::string prefix = JoinPath(dir_, "ckpt");
    save.options.incremental->from = prefix;
    return checkpoint_.Write(prefix, save.options).status();
  }

 private:
  const bool managed_;
  const Overwrite how_;
  std::unique_ptr<object::CheckpointManager> manager_;
};

StatusOr<int> ReadIncremental(FileSystem& fs, const std::string& prefix) {
  CAIRN_ASSIGN_OR_RETURN(const auto reader,
                         bundle::BundleReader::Open(fs, prefix));
  std::vector<int> numbers;
  for (const char* name : kNames) {
    std::vector<Tensor> one;
    CAIRN_ASSIGN_OR_RETURN(
        Tensor tensor,
        reader->Read(StrCat(name, "/.ATTRIBUTES/VARIABLE_VALUE")));
    one.push_back(std::move(tensor));
    CAIRN_ASSIGN_OR_RETURN(const int number, NumberIn(one));
    numbers.push_back(number);
  }
  if (numbers[1] == numbers[0] / 2 && numbers[2] == 0) return numbers[0];
  return DataLossError(StrCat("a mixture of ", numbers[0], ", ", numbers[1],
                              " and ", numbers[2]));
}

class SaverRun : public ObjectRun {
 public:
  SaverRun(FileSystem& fs, std::string dir, int elements, bool numbered,
           Overwrite how)
      : ObjectRun(fs, std::move(dir), elements),
        numbered_(numbered),
        how_(how) {}

  Status Save(int value) override {
    if (saver_ == nullptr) {
      CAIRN_ASSIGN_OR_RETURN(
          saver_, saver::Saver::Create(fs_, {&a_, &b_, &c_},
                                       {.max_to_keep = 1, .overwrite = how_}));
    }
    CAIRN_RETURN_IF_ERROR(Set(value));
    saver::SaveOptions options;
    // A meta graph is any bytes to the Saver; these tell which save's it is.
    const std::string meta = StrCat("meta graph ", value);
    options.meta_graph = meta;
    if (numbered_) options.global_step = value;
    return saver_->Save(JoinPath(dir_, "model"), options).status();
  }

 private:
  const bool numbered_;
  const Overwrite how_;
  std::unique_ptr<saver::Saver> saver_;
};

// A run without objects: a function that writes the number.
class PlainRun : public SaveRun {
 public:
  explicit PlainRun(std::function<Status(int)> save) : save_(std::move(save)) {}
  Status Save(int value) override { return save_(value); }

 private:
  std::function<Status(int)> save_;
};

Status WriteShards(FileSystem& fs, const std::string& prefix, int elements,
                   int value) {
  CAIRN_RETURN_IF_ERROR(RemoveStaleTemporaries(fs, prefix));
  Commit commit(fs, prefix);
  CAIRN_ASSIGN_OR_RETURN(const auto writer,
                         bundle::BundleWriter::Create(commit, prefix));
  const Tensor tensor = Filled(elements, value);
  // In turn three shards and two, so that one is left over.
  for (int32_t i = 0; i < 3; ++i) {
    CAIRN_RETURN_IF_ERROR(writer->Add(kNames[static_cast<size_t>(i)], tensor,
                                      value % 2 == 0 ? i : i % 2));
  }
  CAIRN_RETURN_IF_ERROR(writer->Finish());
  return commit.Finish();
}

Status WriteV1(FileSystem& fs, const std::string& path, int elements,
               int value) {
  CAIRN_RETURN_IF_ERROR(RemoveStaleTemporaries(fs, path));
  Commit commit(fs, path);
  CAIRN_ASSIGN_OR_RETURN(const auto writer, v1::V1Writer::Create(commit, path));
  const Tensor tensor = Filled(elements, value);
  for (const char* name : kNames) {
    CAIRN_RETURN_IF_ERROR(writer->Add(name, tensor));
  }
  CAIRN_RETURN_IF_ERROR(writer->Finish());
  return commit.Finish();
}

Status WritePart(FileSystem& fs, const std::string& prefix, const char* name,
                 const Tensor& tensor) {
  CAIRN_RETURN_IF_ERROR(RemoveStaleTemporaries(fs, prefix));
  Commit commit(fs, prefix);
  CAIRN_ASSIGN_OR_RETURN(const auto writer,
                         bundle::BundleWriter::Create(commit, prefix));
  CAIRN_RETURN_IF_ERROR(writer->Add(name, tensor));
  CAIRN_RETURN_IF_ERROR(writer->Finish());
  return commit.Finish();
}

// What several tasks write on their own, put together.
Status WriteAndMerge(FileSystem& fs, const std::string& dir, int elements,
                     int value) {
  const Tensor tensor = Filled(elements, value);
  std::vector<std::string> parts;
  for (const char* name : kNames) {
    parts.push_back(JoinPath(dir, StrCat("part-", name)));
    CAIRN_RETURN_IF_ERROR(WritePart(fs, parts.back(), name, tensor));
  }
  return bundle::MergeBundles(fs, parts, JoinPath(dir, "merged"));
}

// V1 into V2, over what is there.
Status Migrate(FileSystem& fs, const std::string& dir, int elements,
               int value) {
  const std::string from = JoinPath(dir, "old");
  CAIRN_RETURN_IF_ERROR(WriteV1(fs, from, elements, value));
  CAIRN_ASSIGN_OR_RETURN(const inspect::Target target,
                         inspect::LocateCheckpoint(fs, from));
  convert::CopyOptions options;
  options.format = inspect::Format::kBundle;
  options.num_shards = 2;
  options.existing = convert::Existing::kReplace;
  return convert::CopyCheckpoint(fs, target, JoinPath(dir, "new"), options)
      .status();
}

// --- modes ---

template <typename Run, typename... Args>
auto Begin(int elements, Args... args) {
  return [=](FileSystem& fs, const std::string& dir) {
    return std::unique_ptr<SaveRun>(
        std::make_unique<Run>(fs, dir, elements, args...));
  };
}

auto BeginPlain(
    std::function<Status(FileSystem&, const std::string&, int)> save) {
  return [save = std::move(save)](FileSystem& fs, const std::string& dir) {
    return std::unique_ptr<SaveRun>(std::make_unique<PlainRun>(
        [&fs, dir, save](int value) { return save(fs, dir, value); }));
  };
}

template <typename Read>
auto ReadLatest(Read read) {
  return [read](FileSystem& fs, const std::string& dir) -> StatusOr<int> {
    CAIRN_ASSIGN_OR_RETURN(const std::string latest,
                           state::LatestCheckpoint(fs, dir));
    return read(fs, latest);
  };
}

template <typename Read>
auto ReadAt(const char* name, Read read) {
  return [name, read](FileSystem& fs, const std::string& dir) {
    return read(fs, JoinPath(dir, name));
  };
}

// The latest of a Saver, whose meta graph must be of the same save.
StatusOr<int> ReadWithMeta(FileSystem& fs, const std::string& prefix) {
  CAIRN_ASSIGN_OR_RETURN(const int number, ReadBundle(fs, prefix));
  CAIRN_ASSIGN_OR_RETURN(
      const std::string path,
      ResolveCommitted(fs, prefix, state::MetaGraphPath(prefix)));
  CAIRN_ASSIGN_OR_RETURN(const std::string meta, fs.ReadFile(path, 4096));
  if (meta == StrCat("meta graph ", number)) return number;
  return DataLossError(StrCat("values of ", number, " with ", meta));
}

StatusOr<int> ReadV1(FileSystem& fs, const std::string& path) {
  CAIRN_ASSIGN_OR_RETURN(const auto reader, v1::V1Reader::Open(fs, path));
  return ReadNumber(*reader);
}

}  // namespace

std::vector<SaveMode> SaveModes(int elements) {
  return {
      {"new names", Begin<NewNames>(elements), ReadLatest(ReadObjects)},
      {"overwrite",
       Begin<Overwriting>(elements, Overwrite::kByJournal, Where::kForeground),
       ReadAt("ckpt", ReadObjects)},
      {"overwrite by file count",
       Begin<Overwriting>(elements, Overwrite::kByFileCount,
                          Where::kForeground),
       ReadAt("ckpt", ReadObjects)},
      {"the same in the background",
       Begin<Overwriting>(elements, Overwrite::kByFileCount,
                          Where::kBackground),
       ReadAt("ckpt", ReadObjects)},
      {"manager, keep 1", Begin<Managed>(elements, 1, Where::kForeground),
       ReadLatest(ReadObjects)},
      {"manager, keep 2", Begin<Managed>(elements, 2, Where::kForeground),
       ReadLatest(ReadObjects)},
      {"manager, background", Begin<Managed>(elements, 1, Where::kBackground),
       ReadLatest(ReadObjects)},
      {"incremental, keep 1",
       Begin<Incremental>(elements, true, Overwrite::kByJournal),
       ReadLatest(ReadIncremental)},
      {"incremental, overwrite",
       Begin<Incremental>(elements, false, Overwrite::kByJournal),
       ReadAt("ckpt", ReadIncremental)},
      {"incremental, by file count",
       Begin<Incremental>(elements, false, Overwrite::kByFileCount),
       ReadAt("ckpt", ReadIncremental)},
      {"Saver and meta, same name",
       Begin<SaverRun>(elements, false, Overwrite::kByJournal),
       ReadLatest(ReadWithMeta)},
      {"Saver and meta, by file count",
       Begin<SaverRun>(elements, false, Overwrite::kByFileCount),
       ReadLatest(ReadWithMeta)},
      {"Saver and meta, keep 1",
       Begin<SaverRun>(elements, true, Overwrite::kByJournal),
       ReadLatest(ReadWithMeta)},
      {"other shards, overwrite",
       BeginPlain(
           [elements](FileSystem& fs, const std::string& dir, int value) {
             return WriteShards(fs, JoinPath(dir, "ckpt"), elements, value);
           }),
       ReadAt("ckpt", ReadBundle)},
      {"merge of parts, overwrite",
       BeginPlain(
           [elements](FileSystem& fs, const std::string& dir, int value) {
             return WriteAndMerge(fs, dir, elements, value);
           }),
       ReadAt("merged", ReadBundle)},
      {"V1, overwrite",
       BeginPlain(
           [elements](FileSystem& fs, const std::string& dir, int value) {
             return WriteV1(fs, JoinPath(dir, "ckpt"), elements, value);
           }),
       ReadAt("ckpt", ReadV1)},
      {"migrate V1 to V2, overwrite",
       BeginPlain(
           [elements](FileSystem& fs, const std::string& dir, int value) {
             return Migrate(fs, dir, elements, value);
           }),
       ReadAt("new", ReadBundle)},
  };
}

}  // namespace cairn::reliability

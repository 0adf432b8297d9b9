// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
//
// V1Reader: a checkpoint of TensorFlow's older format, SavedTensorSlices, for
// reading: a single file or a set of shards.
//
//   CAIRN_ASSIGN_OR_RETURN(
//       auto reader, V1Reader::Open(LocalFileSystem(), "dir/model.ckpt-3"));
//   CAIRN_ASSIGN_OR_RETURN(Tensor kernel, reader->Read("conv/kernel"));
//   for (auto it = reader->NewIterator(); it->Valid(); it->Next()) {
//     StatusOr<V1Entry> entry = it->entry();
//     ...
//   }
//
// Opening reads each file's meta record and keeps 20 bytes for each tensor; a
// value is decoded when it is asked for. Numbers are stored as varints, so a
// tensor may take more memory than the file has bytes: an int64 8 times, a
// string 16 times as much, never more.
//
// Every value lies in a table block whose checksum is verified before it is
// used; the format has no other checksum.
//
// Thread rule: all methods may be called from several threads; an Iterator
// belongs to one and the reader must outlive it.
#ifndef CAIRN_V1_READER_H_
#define CAIRN_V1_READER_H_

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "cairn/base/file_system.h"
#include "cairn/base/progress.h"
#include "cairn/base/status.h"
#include "cairn/tensor/dtype.h"
#include "cairn/tensor/shape.h"
#include "cairn/tensor/slice.h"
#include "cairn/tensor/tensor.h"

namespace cairn::v1 {

// One stored piece of a tensor and the file that has it.
struct V1Piece {
  TensorSlice
      slice;  // as it is spelled in the file; "-" for all of a dimension
  int32_t file = 0;
};

struct V1Entry {
  std::string name;
  DataType dtype = DataType::kInvalid;
  Shape shape;  // of the whole tensor
  // In the order of the files, and in each in the order they were added. At
  // least one; a tensor stored whole has one that covers it.
  std::vector<V1Piece> pieces;
  bool is_whole() const {
    return pieces.size() == 1 && pieces[0].slice.Covers(shape);
  }
};

struct V1ReaderOptions {
  // kMap: values are decoded from the mapped file; should somebody shorten it
  // in place just then, the system ends the process (SIGBUS). kRead: that is an
  // error then, and of what was read no more is kept than 32 MiB a file, or its
  // largest tensor.
  enum class Access { kMap, kRead };
  Access access = Access::kMap;
};

class V1Reader {
 public:
  class Iterator {
   public:
    virtual ~Iterator() = default;
    virtual bool Valid() const = 0;
    virtual void Next() = 0;
    virtual std::string_view name() const = 0;  // valid as long as the reader
    // DataLoss when it is malformed; the walk can go on.
    virtual StatusOr<V1Entry> entry() const = 0;
    // Not OK when there was no memory for the walk.
    virtual Status status() const { return OkStatus(); }
  };

  // `path` may be the file, a pattern `<path>-?????-of-00002`, one shard's name
  // or what the shards' names start with. NotFound: nothing is there, or a
  // shard is missing. DataLoss: a file is no table, or its first record is not
  // the meta record. FailedPrecondition: it asks for a newer reader.
  // InvalidArgument: shards of several numbers are there. Unavailable: the
  // files were replaced meanwhile, again and again.
  static StatusOr<std::unique_ptr<V1Reader>> Open(
      FileSystem& fs, const std::string& path,
      const V1ReaderOptions& options = {});
  // Exactly this file, even if its name is a shard's.
  static StatusOr<std::unique_ptr<V1Reader>> OpenFile(
      FileSystem& fs, const std::string& path,
      const V1ReaderOptions& options = {});
  ~V1Reader();

  // The file, or the pattern of a sharded checkpoint.
  const std::string& path() const;
  // What the files' names start with: the path without a shard suffix.
  const std::string& prefix() const;
  // 0 for a single file.
  int32_t num_shards() const;
  int32_t num_files() const;
  const std::string& FilePath(int32_t file) const;
  uint64_t FileSize(int32_t file) const;

  // Names that differ; a tensor with pieces in several files counts once.
  int64_t num_tensors() const;
  bool Contains(std::string_view name) const;
  // NotFound without the name, DataLoss when its description is malformed or
  // differs from file to file.
  StatusOr<V1Entry> Find(std::string_view name) const;
  // In order of name, compared as unsigned bytes.
  std::unique_ptr<Iterator> NewIterator() const;
  // The tensors of one file in the order they were added to it, each with its
  // pieces in that file only: what a writer needs to make the same file again.
  std::unique_ptr<Iterator> NewFileIterator(int32_t file) const;

  // The whole tensor, put together from its pieces. NotFound, DataLoss,
  // ResourceExhausted; InvalidArgument when the pieces do not cover it.
  StatusOr<Tensor> Read(std::string_view name) const;
  // Any part of it, from whatever pieces hold it.
  StatusOr<Tensor> ReadSlice(std::string_view name,
                             const TensorSlice& slice) const;
  // One stored piece, of an entry of this reader.
  StatusOr<Tensor> ReadPiece(const V1Entry& entry, const V1Piece& piece) const;
  // Bytes of that piece's record: its values and some for name and slice.
  StatusOr<uint64_t> RecordSize(const V1Entry& entry,
                                const V1Piece& piece) const;
  // A tensor of numbers, or a part of it, into the caller's memory, which must
  // have exactly its size in bytes. After an error it may hold anything.
  Status ReadInto(std::string_view name, std::span<char> out) const;
  Status ReadSliceInto(std::string_view name, const TensorSlice& slice,
                       std::span<char> out) const;

  // Decodes all records of a tensor without keeping them, and checks that its
  // pieces do not overlap.
  Status Check(std::string_view name) const;
  // Check of every tensor, and that the files have exactly the records that
  // their meta records list. The first thing that is wrong.
  Status CheckAll(const Supervision& supervision = {}) const;

 private:
  struct Impl;
  explicit V1Reader(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace cairn::v1

#endif  // CAIRN_V1_READER_H_

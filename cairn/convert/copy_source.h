// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
//
// Source: what a copy is made of, in either format: its items in the order of
// their bytes, and how each is handed to a writer.
//
// Not thread-safe.
#ifndef CAIRN_CONVERT_COPY_SOURCE_H_
#define CAIRN_CONVERT_COPY_SOURCE_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "cairn/base/file_system.h"
#include "cairn/base/status.h"
#include "cairn/bundle/writer.h"
#include "cairn/convert/layout.h"
#include "cairn/inspect/locate.h"
#include "cairn/inspect/source.h"
#include "cairn/v1/writer.h"

namespace cairn::convert {

// What tells whether two paths are the same file; nothing if it cannot be
// opened.
using FileIdentity = std::pair<uint64_t, uint64_t>;  // id, bytes
StatusOr<std::optional<FileIdentity>> IdentityOf(FileSystem& fs,
                                                 const std::string& path);

class Source {
 public:
  static StatusOr<std::unique_ptr<Source>> Open(FileSystem& fs,
                                                const inspect::Target& target);
  virtual ~Source() = default;

  virtual inspect::Format format() const = 0;
  virtual const std::string& path() const = 0;
  virtual int32_t num_shards() const = 0;
  virtual bool is_sharded_v1() const = 0;
  virtual bundle::Endianness endianness() const = 0;
  virtual uint64_t num_tensors() const = 0;  // known after Items
  // Whether `out` names the source itself.
  virtual StatusOr<bool> Owns(FileSystem& fs, const std::string& out) const = 0;
  // The files that the tensors are read from.
  virtual std::vector<std::string> Files() const = 0;

  // NotFound if a file of the source is missing, even one without tensors;
  // DataLoss also if the entries of a bundle claim many times the bytes there
  // are (bundle/claims.h).
  virtual StatusOr<std::vector<Item>> Items() const = 0;

  virtual Status AddTo(bundle::BundleWriter& writer,
                       const Item& item) const = 0;
  // The value is read when the writer's Finish asks for it; `before` is called
  // then. The item must live until then.
  using BeforeRead = std::function<Status(const Item& item)>;
  virtual Status AddTo(v1::V1Writer& writer, const Item& item,
                       BeforeRead before) const = 0;
};

}  // namespace cairn::convert

#endif  // CAIRN_CONVERT_COPY_SOURCE_H_

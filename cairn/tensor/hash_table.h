// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
//
// HashTable: a lookup table that checkpoints keep, as TensorFlow's
// MutableHashTable: the attribute "table" with the tensors `table-keys` and
// `table-values`, both [size]. Entries are saved in order of their keys, where
// TensorFlow's order is arbitrary.
//
//   HashTable<std::string, int64_t> ids(-1);
//   ids.Insert("cat", 3);
//   int64_t id = ids.Find("dog");   // -1
//
// Restoring replaces all entries, once keys and values are both there.
#ifndef CAIRN_TENSOR_HASH_TABLE_H_
#define CAIRN_TENSOR_HASH_TABLE_H_

#include <map>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "cairn/base/status.h"
#include "cairn/base/strings.h"
#include "cairn/tensor/custom_value.h"
#include "cairn/tensor/tensor.h"

namespace cairn {

// Key and Value: std::string or the C++ type of an element type.
template <typename Key, typename Value>
class HashTable : public CustomObject {
 public:
  explicit HashTable(Value default_value = Value())
      : CustomObject({Column<Key>(this, "-keys", &HashTable::KeyTensor,
                                  &HashTable::SetKeys),
                      Column<Value>(this, "-values", &HashTable::ValueTensor,
                                    &HashTable::SetValues)}),
        default_(std::move(default_value)) {}

  void Insert(Key key, Value value) {
    entries_.insert_or_assign(std::move(key), std::move(value));
  }
  void Erase(const Key& key) { entries_.erase(key); }
  const Value& Find(const Key& key) const {
    const auto found = entries_.find(key);
    return found == entries_.end() ? default_ : found->second;
  }
  size_t size() const { return entries_.size(); }
  const std::map<Key, Value>& entries() const { return entries_; }

 private:
  template <typename T>
  static constexpr DataType TypeOf() {
    if constexpr (std::is_same_v<T, std::string>) {
      return DataType::kString;
    } else {
      return kDataTypeOf<T>;
    }
  }

  // Static: it runs before the base class is there.
  template <typename T>
  static CustomValue Column(HashTable* self, const char* suffix,
                            StatusOr<Tensor> (HashTable::*get)() const,
                            Status (HashTable::*set)(const Tensor&)) {
    CustomValue value;
    value.attribute = "table";
    value.key_suffix = suffix;
    value.dtype = TypeOf<T>();
    value.shape = {PartialShape::kUnknown};
    value.get = [self, get] { return (self->*get)(); };
    value.set = [self, set](const Tensor& t) { return (self->*set)(t); };
    return value;
  }

  template <typename T, typename Of>
  StatusOr<Tensor> Collect(Of of) const {
    CAIRN_ASSIGN_OR_RETURN(
        Shape shape,
        Shape::Create(std::vector{static_cast<int64_t>(entries_.size())}));
    CAIRN_ASSIGN_OR_RETURN(Tensor tensor,
                           Tensor::Create(TypeOf<T>(), std::move(shape)));
    size_t at = 0;
    for (const auto& entry : entries_) {
      if constexpr (std::is_same_v<T, std::string>) {
        tensor.strings()[at++] = of(entry);
      } else {
        tensor.template data<T>()[at++] = of(entry);
      }
    }
    return tensor;
  }

  template <typename T>
  static std::vector<T> ElementsOf(const Tensor& tensor) {
    if constexpr (std::is_same_v<T, std::string>) {
      return tensor.strings();
    } else {
      const auto data = tensor.view().template data<T>();
      return std::vector<T>(data.begin(), data.end());
    }
  }

  StatusOr<Tensor> KeyTensor() const {
    return Collect<Key>([](const auto& entry) { return entry.first; });
  }
  StatusOr<Tensor> ValueTensor() const {
    return Collect<Value>([](const auto& entry) { return entry.second; });
  }
  Status SetKeys(const Tensor& tensor) {
    keys_ = ElementsOf<Key>(tensor);
    return Join();
  }
  Status SetValues(const Tensor& tensor) {
    values_ = ElementsOf<Value>(tensor);
    return Join();
  }
  Status Join() {
    if (!keys_ || !values_) return OkStatus();
    const std::vector<Key> keys = *std::exchange(keys_, std::nullopt);
    const std::vector<Value> values = *std::exchange(values_, std::nullopt);
    if (keys.size() != values.size()) {
      return InvalidArgumentError(StrCat(
          "a table of ", keys.size(), " keys and ", values.size(), " values"));
    }
    entries_.clear();
    for (size_t i = 0; i < keys.size(); ++i) {
      entries_.insert_or_assign(keys[i], values[i]);
    }
    return OkStatus();
  }

  Value default_;
  std::map<Key, Value> entries_;
  // What came of a restore so far.
  std::optional<std::vector<Key>> keys_;
  std::optional<std::vector<Value>> values_;
};

}  // namespace cairn

#endif  // CAIRN_TENSOR_HASH_TABLE_H_

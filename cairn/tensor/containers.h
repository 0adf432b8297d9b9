// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
//
// List, Dict, Tuple, NamedTuple: containers that checkpoints follow, with the
// rules of TensorFlow's wrappers of Python's.
//
//   List layers({&first, &second});
//   CAIRN_RETURN_IF_ERROR(layers.Append(&third));    // edges "0", "1", "2"
//   Dict heads({{"score", &score}, {"box", &box}});  // edges "score", "box"
//   NamedTuple pair({{"left", &a}, {"right", &b}});
//   CAIRN_RETURN_IF_ERROR(net.Track("layers", &layers));
//
// An element is an object, which is tracked, or anything else, which takes its
// place in the container and is not saved. Only names count when restoring: a
// list restores into a dict with the keys "0", "1" and the other way round.
//
// Objects are borrowed and must outlive the container. Thread rule: that of
// Trackable.
#ifndef CAIRN_TENSOR_CONTAINERS_H_
#define CAIRN_TENSOR_CONTAINERS_H_

#include <any>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "cairn/base/status.h"
#include "cairn/tensor/trackable.h"

namespace cairn {

class Element {
 public:
  Element(Trackable* object) : object_(object), tracked_(true) {}  // NOLINT
  // Takes a place only.
  static Element Plain(std::any value);
  // An object that is not to be saved: TensorFlow's NoDependency.
  static Element NoDependency(Trackable* object);

  bool is_tracked() const { return tracked_ && object_ != nullptr; }
  Trackable* object() const { return object_; }  // null for plain data
  const std::any& plain() const { return plain_; }
  friend bool SameElement(const Element& a, const Element& b) {
    return a.object_ == b.object_ && a.tracked_ == b.tracked_;
  }

 private:
  Trackable* object_ = nullptr;
  bool tracked_ = false;
  std::any plain_;
};

// What may change: elements may be added at the end, and anything in a list
// that tracks nothing. Replacing, removing or moving a tracked element makes
// the list unsaveable for good, because names are positions and a value that
// waits for an element would go to the wrong one.
class List : public Trackable {
 public:
  List() = default;
  List(std::initializer_list<Element> elements);
  explicit List(std::span<Trackable* const> objects);
  // Follows a vector that stays its owner's. Sync tracks what was appended to
  // it; any other change behind the list's back makes it unsaveable.
  explicit List(const std::vector<Trackable*>* wrapped);

  size_t size() const { return elements_.size(); }
  // `index` < size().
  const Element& at(size_t index) const { return elements_[index]; }

  // Values waiting for the new element are restored; when that fails it is not
  // added.
  Status Append(Element element);
  Status Extend(std::span<const Element> elements);
  // Repeats the elements so that there are `times` as many. InvalidArgument
  // unless times > 0.
  Status Multiply(int64_t times);
  // OutOfRange for a wrong index, here and below.
  Status Set(size_t index, Element element);
  Status Insert(size_t index, Element element);
  Status Erase(size_t index);
  Status Pop();
  void Reverse();
  void Sort(const std::function<bool(const Element&, const Element&)>& less);
  // Takes over what the wrapped vector has more.
  Status Sync();

  // InvalidArgument with TensorFlow's text.
  Status CheckSaveable() const override;

 private:
  bool HasTracked() const;
  Status CheckIndex(size_t index) const;
  Status TrackAt(size_t index);

  std::vector<Element> elements_;
  const std::vector<Trackable*>* wrapped_ = nullptr;
  bool rearranged_ = false;
};

// Keys are texts, which name edges, or numbers, under which only plain data can
// be saved. A key may be given another value. The object of a key that was
// removed stays tracked and saved, as in TensorFlow; `Untrack` forgets it.
class Dict : public Trackable {
 public:
  using Key = std::variant<std::string, int64_t>;
  struct Item {
    Key key;
    Element value;
  };

  Dict() = default;
  Dict(std::initializer_list<Item> items);

  size_t size() const { return items_.size(); }
  const std::vector<Item>& items() const { return items_; }  // as inserted
  // Null without the key.
  const Element* Find(const Key& key) const;

  Status Set(const Key& key, Element value);
  // NotFound without the key.
  Status Erase(const Key& key);

  // InvalidArgument when a number is the key of an object.
  Status CheckSaveable() const override;

 private:
  std::vector<Item> items_;
};

// Cannot change. Its edges are the positions.
class Tuple : public Trackable {
 public:
  explicit Tuple(std::initializer_list<Element> elements);
  size_t size() const { return elements_.size(); }
  const Element& at(size_t index) const { return elements_[index]; }

 private:
  std::vector<Element> elements_;
};

// Its edges are the fields, then the positions; keys use the fields' names.
class NamedTuple : public Trackable {
 public:
  struct Field {
    std::string name;
    Element value;
  };
  explicit NamedTuple(std::initializer_list<Field> fields);
  size_t size() const { return fields_.size(); }
  const Field& at(size_t index) const { return fields_[index]; }

 private:
  std::vector<Field> fields_;
};

}  // namespace cairn

#endif  // CAIRN_TENSOR_CONTAINERS_H_

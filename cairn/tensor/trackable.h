// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
//
// Trackable: a node of the object graph that object-based checkpoints save and
// match by named edges. Any class joins by deriving and naming its parts:
//
//   class Net : public cairn::Trackable {
//    public:
//     Net() { Track("kernel", &kernel_); Track("bias", &bias_); }
//    private:
//     cairn::Variable kernel_{...}, bias_{...};
//   };
//
// Names may be any text, also the empty one, as in TensorFlow.
// Edges keep the order of the first Track of each name, as TensorFlow's do;
// that order fixes node numbers and thereby the bytes of a checkpoint. A child
// is borrowed and must outlive its edge. Edges may form cycles and share
// objects.
//
// Thread rule: one thread at a time per object graph.
#ifndef CAIRN_TENSOR_TRACKABLE_H_
#define CAIRN_TENSOR_TRACKABLE_H_

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "cairn/base/status.h"
#include "cairn/tensor/slice.h"
#include "cairn/tensor/tensor.h"

namespace cairn {

class Trackable;

struct TrackableEdge {
  std::string name;  // unescaped
  Trackable* child;
};

// A part of a tensor that several values make up together.
struct TensorPiece {
  Shape full_shape;
  TensorSlice slice;
};

// One value that an object stores under an attribute name. A Variable is its
// own saveable, with the attribute "VARIABLE_VALUE". Several values of an
// object may share an attribute: pieces of one tensor, or tensors that differ
// in their key_suffix.
class Saveable {
 public:
  virtual ~Saveable() = default;
  // Name of the attribute in the object graph ("VARIABLE_VALUE", "py_state").
  virtual std::string attribute_name() const = 0;
  // What its key has after the attribute's: "-keys" of a lookup table.
  virtual std::string key_suffix() const { return {}; }
  // Name-based checkpoints' key for it; "" for values that have none.
  virtual std::string full_name() const = 0;
  // What a stored value must match; kInvalid / null mean: anything.
  virtual DataType expected_dtype() const = 0;
  virtual const Shape* expected_shape() const = 0;
  // The same for values that several shapes fit.
  virtual bool AcceptsShape(const Shape& shape) const {
    return expected_shape() == nullptr || *expected_shape() == shape;
  }
  // Which part of the stored tensor it is; null: all of it.
  virtual const TensorPiece* piece() const { return nullptr; }
  // The value now. The view is valid until the object changes or `scratch`,
  // where a value that has no memory of its own is put, does. An invalid view
  // means: nothing to save yet.
  virtual StatusOr<TensorView> Value(Tensor* scratch) = 0;
  // Takes the value over. Called only after dtype and shape were found to
  // match; an error must leave the object unchanged.
  virtual Status Restore(Tensor value) = 0;
  // Makes the initial value unless there is a value.
  virtual Status Initialize() { return OkStatus(); }
};

// Told when an edge is added: how values wait for objects that do not exist
// yet.
class AttachObserver {
 public:
  virtual ~AttachObserver() = default;
  virtual Status OnAttach(Trackable& parent, std::string_view name,
                          Trackable& child) = 0;
};

// A slot variable of an optimizer: (variable, slot name) -> variable.
class SlotProvider {
 public:
  virtual ~SlotProvider() = default;
  // In the optimizer's order; Adam: "m", "v".
  virtual std::vector<std::string> SlotNames() const = 0;
  // Null if it was not created yet.
  virtual Trackable* Slot(const Trackable& variable,
                          std::string_view slot_name) = 0;
  // Creates the slot if need be, so that a stored value can be put into it;
  // null if this optimizer has no such slot or `variable` is no variable.
  virtual Trackable* SlotForRestore(Trackable& variable,
                                    std::string_view slot_name) = 0;
};

class Trackable {
 public:
  Trackable() = default;
  virtual ~Trackable();
  Trackable(const Trackable&) = delete;
  Trackable& operator=(const Trackable&) = delete;

  // Adds the edge, or replaces the child of an edge of that name in its place.
  // Values waiting for it are restored now; their failure is returned and the
  // edge is then not added. The same child again is no change.
  Status Track(std::string name, Trackable* child);
  // As Track, but InvalidArgument if there is an edge of that name.
  Status TrackNew(std::string name, Trackable* child);
  void Untrack(std::string_view name);
  // Null if there is no such edge.
  Trackable* Child(std::string_view name) const;

  // Edges in stored order. Override to make them from other state.
  virtual std::vector<TrackableEdge> Children() const { return edges_; }
  // Values of the object itself, in stored order; borrowed from it.
  virtual std::vector<Saveable*> Saveables() { return {}; }
  // Non-null for optimizers with slot variables.
  virtual SlotProvider* slots() { return nullptr; }
  // Why a checkpoint cannot hold the object as it is now.
  virtual Status CheckSaveable() const { return OkStatus(); }

  // --- for the object room ---
  void AddObserver(std::shared_ptr<AttachObserver> observer);
  void RemoveObserver(const AttachObserver* observer);
  // Tells the observers; for classes that override Children.
  Status NotifyAttached(std::string_view name, Trackable& child);
  // Which restore last set the object's values. The object owns it, so that a
  // restore that keeps a weak pointer can tell whether the object still lives.
  struct RestoreMark {
    int64_t restore = 0;  // 0: none
  };
  const std::shared_ptr<RestoreMark>& restore_mark();

 private:
  std::vector<TrackableEdge> edges_;
  std::vector<std::shared_ptr<AttachObserver>> observers_;
  std::shared_ptr<RestoreMark> restore_mark_;  // made when first asked for
};

}  // namespace cairn

#endif  // CAIRN_TENSOR_TRACKABLE_H_

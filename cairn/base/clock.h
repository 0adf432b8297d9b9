// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
//
// The time of day, passed in so that retention can be tested.
#ifndef CAIRN_BASE_CLOCK_H_
#define CAIRN_BASE_CLOCK_H_

namespace cairn {

class Clock {
 public:
  virtual ~Clock() = default;
  // Unix seconds with fractions.
  virtual double Now() = 0;
};

// The system's clock.
Clock& SystemClock();

// Stands still until told.
class FakeClock : public Clock {
 public:
  explicit FakeClock(double now) : now_(now) {}
  double Now() override { return now_; }
  void Advance(double seconds) { now_ += seconds; }
  void Set(double now) { now_ = now; }

 private:
  double now_;
};

}  // namespace cairn

#endif  // CAIRN_BASE_CLOCK_H_

// The I/O priority "idle" for the calling thread.
#pragma once

namespace zonecopy::gather {

/// While it exists, the thread's I/O gives way to all other (ioprio_set(2)), where the block layer's scheduler knows
/// priorities. Then it is as it was before.
class IdlePriority {
 public:
  explicit IdlePriority(bool wanted);
  ~IdlePriority();
  IdlePriority(const IdlePriority&) = delete;
  IdlePriority& operator=(const IdlePriority&) = delete;

 private:
  int before_ = -1;  ///< -1: it was not changed
};

}  // namespace zonecopy::gather

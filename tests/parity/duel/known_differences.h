// The one list of what FUSE does not let zonecopyfs do as the kernel's zonefs does. Whatever is not in it is a mistake.
#pragma once

#include <span>

#include "tests/parity/duel/outcome.h"
#include "tests/parity/duel/scene.h"
#include "tests/parity/duel/step.h"

namespace parity {

/// A step that was answered differently.
struct Encounter {
  const Step& step;
  const Scene& scene;
  const Outcome& ours;
  const Outcome& kernel;

  [[nodiscard]] const Slot* slot() const;
  [[nodiscard]] const ZoneFile* file() const;
};

/// An answer that may differ.
struct KnownDifference {
  const char* name;
  const char* reason;
  const char* man;  ///< words of zonecopyfs(8), DIFFERENCES FROM ZONEFS
  bool (*covers)(const Encounter& encounter);
};

/// A step after which the two mounts would be in different states: it is not played.
struct UnplayableStep {
  const char* name;
  const char* reason;
  const char* man;
  bool (*covers)(const Step& step, const Scene& scene);
};

/// What is not looked at, or by another rule.
struct ComparedOtherwise {
  const char* name;
  const char* reason;
  const char* man;
};

[[nodiscard]] std::span<const KnownDifference> known_differences();
[[nodiscard]] std::span<const UnplayableStep> unplayable_steps();
[[nodiscard]] std::span<const ComparedOtherwise> compared_otherwise();

}  // namespace parity

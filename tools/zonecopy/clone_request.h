// What `zonecopy clone` was asked for, and the two sides that it names.
#pragma once

#include <memory>
#include <string>

#include "tools/clone/clone.h"
#include "tools/clone/device_pair.h"
#include "tools/clone/pair.h"
#include "tools/zonecopy/progress_display.h"

namespace zonecopy::tools {

struct CloneArguments {
  std::string source;
  std::string destination;
  cloning::CloneOptions options;
  bool plan_only = false;
  bool verify = false;
  bool json = false;
  bool quiet = false;
  ProgressForm progress = ProgressForm::automatic;
};

struct OpenPair {
  std::unique_ptr<EventLoop> loop;
  std::unique_ptr<cloning::Pair> pair;
  cloning::DevicePair* devices = nullptr;  ///< the pair, where it is one of devices
};

/// Opens both sides. May choose `arguments.options.jobs`. `watch` must outlive the pair. EINVAL: one is a folder and the
/// other is not. Errors of DevicePair::open() and FolderPair::open().
Result<OpenPair> open_pair(CloneArguments& arguments, const cloning::Watch& watch);

}  // namespace zonecopy::tools

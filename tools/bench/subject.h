// What is measured: a device that is not mounted, or a folder of a mount.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "tools/bench/latencies.h"
#include "tools/bench/load.h"
#include "tools/bench/plan.h"
#include "zonecopy/result.h"

namespace zonecopy::benching {

/// Who is told how far the work is, and who may end it. Both must outlive it.
struct Watch {
  std::function<void(std::string_view phase, std::uint64_t total_bytes)> begin;
  std::function<void(std::uint64_t bytes)> done;  ///< so many more; on any thread
  const std::atomic<bool>* stop = nullptr;        ///< set: the work ends soon, with EINTR
  [[nodiscard]] bool stopped() const { return stop->load(std::memory_order_relaxed); }
};

struct SubjectFacts {
  std::string name;                  ///< as it was given
  std::string kind;                  ///< of a device: "image", "nvme"; of a folder "mount"
  std::vector<std::string> devices;  ///< paths: the device itself, or those behind a mount
  std::string model;                 ///< this one and the next are empty where they are not known
  std::string firmware;
  std::string transport;
  std::uint64_t block_size_bytes = 0;
  std::uint64_t zone_count = 0;  ///< sequential ones
  std::uint64_t zone_capacity_bytes = 0;
  ResourceLimits limits;
  CopyLimits copy_limits;
  std::string copy_mechanism;         ///< "NVMe Copy"; empty where there is none
  std::string not_offloaded_because;  ///< empty if copies are offloaded
};

/// What copies have done. Bytes are counted by CopyPath; what the load reads and writes is emulated.
struct Copied {
  std::uint64_t copies = 0;
  std::uint64_t bytes_offloaded = 0;
  std::uint64_t bytes_kernel = 0;
  std::uint64_t bytes_emulated = 0;
  std::uint64_t commands = 0;         ///< Copy commands that a device was sent, where that is told
  std::string not_offloaded_because;  ///< the first reason; empty if all was offloaded
  Latencies latencies;
  [[nodiscard]] std::uint64_t bytes() const { return bytes_offloaded + bytes_kernel + bytes_emulated; }
  /// Adds all of another one; the first reason stays.
  void add(const Copied& other);
};

/// All members block. Zones are given by their UsableZone::place. After a member has failed, nothing of it goes on.
class Subject {
 public:
  virtual ~Subject() = default;
  Subject(const Subject&) = delete;
  Subject& operator=(const Subject&) = delete;

  [[nodiscard]] const SubjectFacts& facts() const { return facts_; }
  /// The zones that may be used. `destroy`: also those that hold data. EEXIST: they hold data, or the device a file system.
  virtual Result<Supply> supply(bool destroy) = 0;
  /// Why copies cannot be made in this way; empty if they can.
  [[nodiscard]] virtual std::string why_not(Mode mode) const = 0;
  /// To be called before anything is changed.
  virtual Status make_writable() = 0;

  virtual Status reset(const std::vector<std::size_t>& zones) = 0;
  /// Writes the sources of all jobs. EINTR: stopped.
  virtual Status fill(const Plan& plan, const Load& load, const Watch& watch) = 0;
  /// All copies of all jobs, to destinations that are empty. EINTR: stopped. `copied` counts those that were made.
  virtual Status run(const Plan& plan, const Load& load, const Shape& shape, Mode mode, const Watch& watch,
                     Copied& copied) = 0;
  /// What was written is durable.
  virtual Status flush(const Plan& plan) = 0;
  /// Reads `data.size()` bytes of a zone from `offset_bytes` on.
  virtual Status read(std::size_t zone, std::uint64_t offset_bytes, std::span<std::byte> data) = 0;

 protected:
  Subject() = default;
  SubjectFacts facts_;
};

}  // namespace zonecopy::benching

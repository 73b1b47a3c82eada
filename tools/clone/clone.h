// A clone: what is checked before anything is written, the order of what is done, and what has come of it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "tools/clone/pair.h"
#include "tools/clone/plan.h"
#include "tools/clone/super_block.h"
#include "zonecopy/event_loop.h"

namespace zonecopy::cloning {

class DevicePair;

struct CloneOptions {
  bool resume = false;     ///< go on with what an interrupted clone has left
  bool force = false;      ///< reset what is in the way
  bool skip_bad = false;   ///< leave out source zones that cannot be read
  bool same_uuid = false;  ///< the super block keeps its UUID
  std::uint32_t jobs = 0;  ///< zones at a time; 0: what the destination's limits allow, up to 8
};

/// What is to be done, as prepare() has found it.
struct Preparation {
  ClonePlan plan;
  std::uint32_t jobs = 1;
  std::vector<std::size_t> resets;  ///< destination zones without a counterpart, which are to be emptied
  std::uint64_t found_bytes = 0;    ///< that an earlier clone has brought
  std::uint64_t to_copy_bytes = 0;
  std::optional<zonefs::SuperBlock> super_block;  ///< the one to be written
  bool super_block_stands = false;                ///< it is there already
  std::uint32_t active_at_end = 0;                ///< destination zones that stay active, also such that are left alone
  /// Whether the destination is as it has to be already.
  [[nodiscard]] bool nothing_left() const;
};

struct ZoneDifference {
  std::string source;
  std::string destination;
  std::string what;
};

/// All of one clone, step by step. What the constructor gets must outlive it.
class Clone {
 public:
  /// `devices` is `pair` where that is a pair of devices, else null.
  Clone(EventLoop& loop, Pair& pair, DevicePair* devices, const CloneOptions& options, const Watch& watch)
      : loop_(loop), pair_(pair), devices_(devices), options_(options), watch_(watch) {}
  Clone(const Clone&) = delete;
  Clone& operator=(const Clone&) = delete;

  /// Reads and compares; nothing is written. EEXIST: the destination holds other data. Errors of make_plan().
  Task<Status> prepare();
  [[nodiscard]] const Preparation& prepared() const { return prepared_; }
  /// After prepare() and Pair::make_writable(): makes the destination what it has to be, durably. EINTR.
  Task<Status> carry_out();
  [[nodiscard]] const Copied& copied() const { return copied_; }
  [[nodiscard]] std::uint64_t zones_done() const { return zones_done_; }
  /// Reads both sides once more. What differs is in differences().
  Task<Status> verify();
  [[nodiscard]] std::uint64_t verified_bytes() const { return verified_bytes_; }
  [[nodiscard]] const std::vector<ZoneDifference>& differences() const { return differences_; }

 private:
  // prepare.cpp
  Task<Status> read_source_super_block();
  Task<Status> find_data_ends();
  Task<Status> find_zone_end(ZoneTask& task);
  [[nodiscard]] PlanRules rules() const;
  Task<Status> check_existing_content();
  Task<Status> look_at_zone_0();
  Task<Status> look_at_destination();
  Status refuse_or_reset();
  Task<Status> find_data_in_the_way();
  Task<Status> look_at_conventional(ZoneTask& task);
  Task<Status> compare_with_source();
  Task<Status> compare_zone(ZoneTask& task);
  void count();

  // places.cpp
  Status check_places();

  // clone.cpp
  Task<Status> wipe_zone_0();
  Task<Status> reset_zones();
  Task<Status> reset_zone(ZoneTask& task);
  Task<Status> copy_zones(std::vector<ZoneTask*> tasks);
  Task<Status> copy_zone(ZoneTask& task);
  Task<Status> write_zone_0();
  struct Phases;
  [[nodiscard]] Phases phases();
  [[nodiscard]] bool needs_last_place() const;

  // verify.cpp
  Task<Status> verify_zone(ZoneTask& task);
  Task<Status> verify_super_block();
  void note_difference(const ZoneTask& task, std::string what);

  EventLoop& loop_;
  Pair& pair_;
  DevicePair* devices_;
  CloneOptions options_;
  const Watch& watch_;
  std::optional<zonefs::SuperBlock> source_super_block_;
  Preparation prepared_;
  std::vector<std::size_t> foreign_;  ///< destination zones with data that is in the way
  Copied copied_;
  std::uint64_t zones_done_ = 0;
  std::uint64_t verified_bytes_ = 0;
  std::vector<ZoneDifference> differences_;
};

}  // namespace zonecopy::cloning

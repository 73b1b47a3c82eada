// When Copy across namespaces is enabled and put back, and what stands in the way of a copy.
#include "src/device/nvme/cross_namespace.h"

#include <gtest/gtest.h>

#include <cerrno>
#include <optional>

#include "tests/support/loop/loop_test.h"
#include "tests/unit/device/nvme/fake_controller.h"

namespace zonecopy::nvme {
namespace {

using Paths = std::vector<std::string>;

class CrossNamespaceTest : public test::LoopTest {
 protected:
  struct Options {
    bool wanted = true;
    bool writes = true;
    std::uint16_t formats = 0xf;
    std::uint32_t block_size_bytes = 4096;
    std::uint16_t mssrl = 256;
    Result<Paths> controllers = Paths{"/dev/nvme0"};
  };

  /// A namespace that is opened.
  std::unique_ptr<CrossNamespace> open(std::uint32_t nsid) { return open(nsid, Options()); }
  std::unique_ptr<CrossNamespace> open(std::uint32_t nsid, const Options& options) {
    CrossNamespace::Facts facts;
    facts.path = "namespace " + std::to_string(nsid);
    facts.nsid = nsid;
    facts.controller.copy_supported = true;
    facts.controller.copy_formats = options.formats;
    facts.space.block_size_bytes = options.block_size_bytes;
    facts.space.mssrl = options.mssrl;
    facts.space.mcl = 1024;
    facts.space.msrc = 15;
    paths_.insert_or_assign(nsid, options.controllers);
    facts.controllers = [this, nsid] { return paths_.at(nsid); };
    return std::make_unique<CrossNamespace>(std::move(facts), table_, options.wanted, options.writes);
  }

  FakeController& controller(const std::string& path = "/dev/nvme0") { return controllers_[path]; }
  void paths_become(std::uint32_t nsid, Result<Paths> paths) { paths_.insert_or_assign(nsid, std::move(paths)); }

  bool enable_again(CrossNamespace& destination, CrossNamespace& source) {
    return run(destination.enable_again(loop(), source));
  }

 private:
  std::map<std::string, FakeController> controllers_;
  std::map<std::uint32_t, Result<Paths>> paths_;
  ControllerTable table_{[this](const std::string& path) { return controllers_[path].queue(); }};
};

const std::string refused =
    "the kernel does not let programs enable Copy across namespaces (Set Features 16h: Permission denied)";

TEST_F(CrossNamespaceTest, OneNamespaceChangesNothing) {
  const auto one = open(1);
  EXPECT_EQ(controller().taken(), "") << "no command at all";
}

TEST_F(CrossNamespaceTest, EnabledWithTheSecondAndPutBackWithTheLast) {
  auto one = open(1);
  auto two = open(2);
  EXPECT_TRUE(controller().enabled());
  EXPECT_EQ(controller().taken(), "gsg");
  EXPECT_EQ(two->objection(*one), "");
  EXPECT_EQ(one->objection(*two), "");
  auto three = open(3);
  EXPECT_EQ(controller().taken(), "") << "it is known to be enabled";
  one.reset();
  three.reset();
  EXPECT_TRUE(controller().enabled());
  two.reset();
  EXPECT_FALSE(controller().enabled());
  EXPECT_EQ(controller().host_behavior[2], std::byte{1}) << "what Linux has set stays";
}

TEST_F(CrossNamespaceTest, NothingIsPutBackThatSomebodyElseHasSet) {
  controller().set_enabled(true);
  auto one = open(1);
  auto two = open(2);
  EXPECT_EQ(two->objection(*one), "");
  EXPECT_EQ(controller().taken(), "g");
  one.reset();
  two.reset();
  EXPECT_TRUE(controller().enabled());
  EXPECT_EQ(controller().taken(), "");
}

TEST_F(CrossNamespaceTest, NothingIsPutBackThatIsGone) {
  auto one = open(1);
  auto two = open(2);
  controller().reset();
  controller().taken();
  one.reset();
  two.reset();
  EXPECT_EQ(controller().taken(), "g") << "looked at, not written";
}

TEST_F(CrossNamespaceTest, ReadingAloneChangesNothing) {
  Options reading;
  reading.writes = false;
  const auto one = open(1, reading);
  const auto two = open(2, reading);
  EXPECT_EQ(controller().taken(), "");
  EXPECT_NE(two->objection(*one), "");
  two->begins_to_write();
  two->begins_to_write();
  EXPECT_EQ(controller().taken(), "gsg");
  EXPECT_EQ(two->objection(*one), "");
}

TEST_F(CrossNamespaceTest, NotWantedChangesNothingAndSaysSo) {
  Options off;
  off.wanted = false;
  const auto one = open(1, off);
  const auto two = open(2, off);
  const auto three = open(3);
  two->begins_to_write();
  EXPECT_EQ(controller().taken(), "");
  EXPECT_EQ(two->objection(*one), "option cross-namespace=off");
  EXPECT_EQ(three->objection(*one), "option cross-namespace=off");
  EXPECT_EQ(one->objection(*three), "option cross-namespace=off");
}

TEST_F(CrossNamespaceTest, KernelThatRefusesIsNamed) {
  controller().set_result = -EACCES;
  const auto one = open(1);
  const auto two = open(2);
  EXPECT_EQ(two->objection(*one), refused);
  EXPECT_EQ(one->objection(*two), refused);
  EXPECT_FALSE(controller().enabled());
  controller().set_result = 0;
  const auto three = open(3);
  EXPECT_EQ(two->objection(*one), "") << "who comes later tries again";
}

TEST_F(CrossNamespaceTest, NamespacesThatDoNotFitEachOther) {
  Options other_drive;
  other_drive.controllers = Paths{"/dev/nvme1"};
  Options other_blocks;
  other_blocks.block_size_bytes = 512;
  Options no_format_2;
  no_format_2.formats = 0x3;
  Options no_ranges;
  no_ranges.mssrl = 0;
  const auto usual = open(1);
  EXPECT_EQ(open(2, other_drive)->objection(*usual),
            "namespace 1 and namespace 2 are not namespaces of one controller");
  EXPECT_EQ(open(2, other_blocks)->objection(*usual), "the namespaces have blocks of 4096 and 512 bytes");
  EXPECT_EQ(open(2, no_format_2)->objection(*usual), "the controller takes no source ranges of format 2 (OCFS 0x3)");
  EXPECT_EQ(usual->objection(*open(2, no_ranges)),
            "the namespace of the source announces ranges of no length (MSSRL 0)");
  EXPECT_EQ(controller("/dev/nvme1").taken(), "") << "one namespace is of no use there";
}

TEST_F(CrossNamespaceTest, DrivesWithoutTheFormatAreLeftAlone) {
  Options no_format_2;
  no_format_2.formats = 0x3;
  const auto one = open(1, no_format_2);
  const auto two = open(2, no_format_2);
  EXPECT_EQ(controller().taken(), "");
}

TEST_F(CrossNamespaceTest, LimitsAreOfBothSides) {
  Options narrow;
  narrow.mssrl = 7;
  const auto one = open(1, narrow);
  const auto two = open(2);
  EXPECT_EQ(two->limits(*one), (CopyLimits{16, 7, 1024}));
  EXPECT_EQ(one->limits(*two), (CopyLimits{16, 7, 1024}));
}

TEST_F(CrossNamespaceTest, EveryPathOfTheDestinationCounts) {
  Options both;
  both.controllers = Paths{"/dev/nvme0", "/dev/nvme1"};
  Options first;
  first.controllers = Paths{"/dev/nvme0"};
  const auto one = open(1, both);
  const auto two = open(2, both);
  const auto single = open(3, first);
  EXPECT_TRUE(controller("/dev/nvme0").enabled());
  EXPECT_TRUE(controller("/dev/nvme1").enabled());
  EXPECT_EQ(two->objection(*one), "");
  EXPECT_EQ(single->objection(*one), "") << "its only controller has both";
  EXPECT_EQ(one->objection(*single), "a controller of namespace 1 does not have namespace 3");

  controller("/dev/nvme1").reset();
  controller("/dev/nvme1").set_result = -EACCES;
  EXPECT_FALSE(enable_again(*two, *one));
  EXPECT_EQ(two->objection(*one), refused) << "the kernel may send the command to the other controller";
}

TEST_F(CrossNamespaceTest, PlaceIsNotKnown) {
  const auto usual = open(1);
  Options lost;
  lost.controllers = Error(ENOENT, "open", "no sysfs");
  EXPECT_EQ(open(2, lost)->objection(*usual), "open: No such file or directory: no sysfs");
  EXPECT_EQ(usual->objection(*open(2, lost)), "open: No such file or directory: no sysfs");
  Options gone;
  gone.controllers = Paths{};
  EXPECT_EQ(open(2, gone)->objection(*usual), "no controller of namespace 2 is there");
}

TEST_F(CrossNamespaceTest, EnabledAgainAfterAReset) {
  auto one = open(1);
  auto two = open(2);
  controller().reset();
  EXPECT_TRUE(enable_again(*two, *one));
  EXPECT_TRUE(controller().enabled());
  one.reset();
  two.reset();
  EXPECT_FALSE(controller().enabled());
}

TEST_F(CrossNamespaceTest, WhatOthersHadEnabledIsOursAfterAReset) {
  controller().set_enabled(true);
  auto one = open(1);
  auto two = open(2);
  controller().reset();
  EXPECT_TRUE(enable_again(*two, *one));
  one.reset();
  two.reset();
  EXPECT_FALSE(controller().enabled());
}

TEST_F(CrossNamespaceTest, RefusedAfterAReset) {
  const auto one = open(1);
  const auto two = open(2);
  controller().reset();
  controller().set_result = -EACCES;
  EXPECT_FALSE(enable_again(*two, *one));
  EXPECT_EQ(two->objection(*one), refused);
}

TEST_F(CrossNamespaceTest, PathsThatComeAndGo) {
  Options first;
  first.controllers = Paths{"/dev/nvme0"};
  auto one = open(1, first);
  auto two = open(2, first);
  for (const std::uint32_t nsid : {1U, 2U}) paths_become(nsid, Paths{"/dev/nvme0", "/dev/nvme1"});
  EXPECT_TRUE(enable_again(*two, *one));
  EXPECT_TRUE(controller("/dev/nvme1").enabled());
  for (const std::uint32_t nsid : {1U, 2U}) paths_become(nsid, Paths{"/dev/nvme1"});
  EXPECT_TRUE(enable_again(*two, *one));
  EXPECT_FALSE(controller("/dev/nvme0").enabled()) << "nobody is left there";
  one.reset();
  two.reset();
  EXPECT_FALSE(controller("/dev/nvme1").enabled());
}

TEST_F(CrossNamespaceTest, CopiesAtOnceAreEnabledAgainOneAfterTheOther) {
  const auto one = open(1);
  const auto two = open(2);
  controller().reset();
  controller().taken();
  std::vector<bool> enabled;
  const auto again = [&](CrossNamespace* destination, CrossNamespace* source) -> Task<void> {
    const bool done = co_await destination->enable_again(loop(), *source);
    enabled.push_back(done);
  };
  std::vector<Task<void>> tasks;
  tasks.push_back(again(two.get(), one.get()));
  tasks.push_back(again(one.get(), two.get()));
  tasks.push_back(again(two.get(), one.get()));
  test::run_all(loop(), std::move(tasks));
  EXPECT_EQ(enabled, (std::vector<bool>{true, true, true}));
  EXPECT_EQ(controller().taken(), "gsggg") << "the others find it enabled";
}

TEST_F(CrossNamespaceTest, RefusalIsOfOneSourceAndOneDirection) {
  const auto one = open(1);
  const auto two = open(2);
  const auto three = open(3);
  two->note_refusal(*one, Error(EIO, "copy", "Incompatible Namespace or Format"));
  EXPECT_EQ(two->objection(*one),
            "the drive has refused copies from namespace 1 for good: copy: Input/output error: Incompatible Namespace "
            "or Format");
  EXPECT_EQ(two->objection(*three), "");
  EXPECT_EQ(one->objection(*two), "");
}

TEST_F(CrossNamespaceTest, NotEnabledIsNoRefusalOfTheDrive) {
  const auto one = open(1);
  const auto two = open(2);
  controller().reset();
  controller().set_result = -EACCES;
  EXPECT_FALSE(enable_again(*two, *one));
  two->note_refusal(*one, Error(EIO, "copy", "Invalid Field in Command"));
  controller().set_result = 0;
  const auto three = open(3);
  EXPECT_EQ(two->objection(*one), "") << "enabled by who came later";
}

}  // namespace
}  // namespace zonecopy::nvme

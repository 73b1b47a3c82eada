// When what was sent over a lost connection can have no effect any more.
#include "src/device/remote/link.h"

#include <gtest/gtest.h>

#include "tests/support/remote/remote_fixture.h"

namespace zonecopy::remote {
namespace {

using test::Answer;

class AnyAssociation final : public Admission {
 public:
  Task<Status> admit(Association&) override { co_return Status(); }
};

class LinkTest : public test::RemoteTest {
 protected:
  LinkTest() { script().not_ready_polls = 0; }
  ~LinkTest() override {
    if (link_) test::run_void(loop(), link_->close());
  }
  Link& link() {
    if (link_) return *link_;
    LinkOptions options = place.link;
    options.association.keep_alive_ms = 20;
    options.association.tick_ms = 10'000;
    link_ = std::make_unique<Link>(loop(), std::make_unique<test::BorrowedDialer>(target()), any_, options);
    const Status opened = run(link_->open());
    if (!opened) throw std::runtime_error(opened.error().to_string());
    return *link_;
  }
  /// Waits until the link has another association than it has.
  Task<bool> wait_for_another(std::uint32_t connections_before) {
    while (target().connections < connections_before + 2) co_await Yield();
    const auto association = co_await link_->wait();
    co_return association.ok();
  }
  void lose(bool all) {
    const std::uint32_t before = target().connections;
    if (all) {
      target().cut();
    } else {
      target().cut_newest();
    }
    EXPECT_TRUE(run(wait_for_another(before)));
  }

 private:
  AnyAssociation any_;
  std::unique_ptr<Link> link_;
};

TEST_F(LinkTest, AnotherTargetMayGoOnWithWhatItWasSent) {
  script().identity.model = "another";
  link().changes().enter();
  lose(true);
  EXPECT_FALSE(link().quiet());
  test::run_void(loop(), link().wait_quiet());
  EXPECT_TRUE(link().quiet());
  link().changes().leave();
}

TEST_F(LinkTest, NothingThatChangesAZoneWasUnderWay) {
  script().identity.model = "another";
  link();
  lose(true);
  EXPECT_TRUE(link().quiet());
}

TEST_F(LinkTest, OwnTargetsEndWhatTheyWereSent) {
  script().identity.model = "zonecopy";
  link().changes().enter();
  lose(true);
  EXPECT_TRUE(link().quiet());
  link().changes().leave();
}

TEST_F(LinkTest, AControllerThatHasStoppedDoesNothingMore) {
  script().identity.model = "another";
  link().changes().enter();
  lose(false);  // the admin queue is still there
  EXPECT_TRUE(link().quiet());
  link().changes().leave();
}

}  // namespace
}  // namespace zonecopy::remote

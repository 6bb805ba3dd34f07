package io.llamamesh.fabric.overlay;

import static org.assertj.core.api.Assertions.assertThat;

import io.llamamesh.fabric.overlay.LinkTable.Arbitration;
import io.llamamesh.fabric.overlay.LinkTable.Link;
import org.junit.jupiter.api.Test;

/** One pair, one link. */
class LinkTableTest {

  private final LinkTable small = new LinkTable("n1");
  private final LinkTable great = new LinkTable("n2");

  @Test
  void ofTwoDialledAtOnceBothKeepThatOfTheSmallerName() {
    assertThat(great.up(inbound(1, "n1", 7, 1), 0)).isEqualTo(Arbitration.FIRST);
    assertThat(small.up(inbound(1, "n2", 7, 1), 0)).isEqualTo(Arbitration.FIRST);
    assertThat(small.up(outbound(2, "n2", 7, 1), 0)).isEqualTo(Arbitration.PREFERRED);
    assertThat(great.up(outbound(2, "n1", 7, 1), 0)).isEqualTo(Arbitration.REDUNDANT);

    assertThat(small.current("n2")).returns(2L, Link::id);
    assertThat(great.current("n1")).returns(1L, Link::id);
  }

  @Test
  void aPeerThatDialsThoughItKnewALinkHasLostIt() {
    small.up(outbound(1, "n2", 7, 5), 0);

    assertThat(small.up(inbound(2, "n2", 7, 1), 5)).isEqualTo(Arbitration.REPLACING);
  }

  @Test
  void aNewLifeReplacesTheOldAndNotTheOtherWayRound() {
    small.up(outbound(1, "n2", 7, 5), 0);

    assertThat(small.up(inbound(2, "n2", 8, 1), 0)).isEqualTo(Arbitration.REPLACING);
    assertThat(small.up(inbound(3, "n2", 7, 9), 0)).isEqualTo(Arbitration.STALE);
    assertThat(small.current("n2")).returns(2L, Link::id);
    assertThat(small.get(3)).isNull();
  }

  @Test
  void onlyTheLinkThatCountsTakesThePairDown() {
    small.up(inbound(1, "n2", 7, 1), 0);
    small.up(outbound(2, "n2", 7, 1), 0);

    assertThat(small.down(1)).isNull();
    assertThat(small.current("n2")).isNotNull();
    assertThat(small.down(2)).isNotNull();
    assertThat(small.current("n2")).isNull();
  }

  private static Link inbound(long id, String peer, long incarnation, long nonce) {
    return new Link(id, peer, incarnation, false, nonce, 0);
  }

  private static Link outbound(long id, String peer, long incarnation, long nonce) {
    return new Link(id, peer, incarnation, true, nonce, 0);
  }
}

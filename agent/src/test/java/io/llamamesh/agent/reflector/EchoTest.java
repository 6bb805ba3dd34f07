package io.llamamesh.agent.reflector;

import static org.assertj.core.api.Assertions.assertThat;

import io.llamamesh.agent.net.Batch;
import io.llamamesh.agent.net.Remote;
import io.llamamesh.agent.wire.ProbeParser;
import io.llamamesh.agent.wire.ProbeWriter;
import io.llamamesh.agent.wire.Slots;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import org.junit.jupiter.api.Test;

/** One datagram at a time, at times that the test says. */
class EchoTest {

  private static final int LIMIT = 1_000;
  private static final int FLOWS = 4;
  private static final long SECOND = 1_000_000_000L;
  private static final Remote SENDER =
      new Remote(new InetSocketAddress(InetAddress.ofLiteral("127.0.0.1"), 40_000));

  private final FakeBatch batch = new FakeBatch();
  private final ProbeParser parser = new ProbeParser();
  private final EchoReply reply = new EchoReply();
  private final Echo echo =
      new Echo(
          new RateLimit(LIMIT, 0),
          new RateLimit(LIMIT / 10, 0),
          new RateLimit(LIMIT / 2, 0),
          new int[] {8100},
          ReflectorOptions.standard(LIMIT, 1));

  private static final class FakeBatch extends Batch {
    private final ByteBuffer bytes = ByteBuffer.allocate(1028);

    FakeBatch() {
      super(1, 1028);
    }

    @Override
    public ByteBuffer bytes() {
      return bytes;
    }

    void arrive(long now) {
      fill(0, 1028, 0, now, SENDER, SENDER);
    }
  }

  private boolean isReflected(int flow, int sequence, boolean burst, long now) {
    ByteBuffer bytes = batch.bytes();
    ProbeWriter.frame(bytes, 1028, 0x20);
    ProbeWriter.signature(bytes, 5, flow, sequence);
    ProbeWriter.sent(bytes, now);
    assertThat(parser.tryParse(bytes, 0, 1028)).isTrue();
    Slots.request(bytes, parser.slotsAt(), burst ? Slots.FLAG_BURST : 0);
    batch.arrive(now);
    return echo.process(batch, 0, now, sequence, 0, false, reply) == Disposition.REFLECTED;
  }

  @Test
  void ofABurstThatIsOverInASecondNearlyAllDropsAreReportedToTheFlowsThatTheLimitHits() {
    int[] dropped = new int[FLOWS];
    int[] reported = new int[FLOWS];
    int bursts = 0;

    // Twice as many as a burst may have: of a steady pace it drops those of every second flow.
    for (int i = 0; i < LIMIT; i++) {
      long now = i * SECOND / LIMIT;
      int flow = i % FLOWS;
      if (isReflected(flow, i / FLOWS, true, now)) {
        bursts++;
        reported[flow] = Slots.limited(batch.bytes(), reply.slotsAt);
      } else {
        dropped[flow]++;
      }
      if (i % 5 == 0) {
        assertThat(isReflected(FLOWS, i, false, now)).as("what is measured, at %s", i).isTrue();
      }
    }

    // Half of the limit, its tenth of a second in advance, and half of the tenth for reports.
    assertThat(bursts).isBetween(LIMIT / 2, LIMIT / 2 + LIMIT / 20 + LIMIT / 20 + LIMIT / 200);
    for (int flow = 0; flow < FLOWS; flow++) {
      assertThat(dropped[flow] - reported[flow]).as("flow %s", flow).isBetween(0, 20);
    }
  }
}

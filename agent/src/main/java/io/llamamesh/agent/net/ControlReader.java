package io.llamamesh.agent.net;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.MemorySegment;

/**
 * Reads the control messages of a datagram: {@code struct cmsghdr} of length 8, level 4 and type 4,
 * then the data, each message aligned to 8 bytes.
 */
final class ControlReader {

  static final int HEADER = 16;
  private static final long SECOND = 1_000_000_000L;

  private final ReceiveDrops drops;

  ControlReader(ReceiveDrops drops) {
    this.drops = drops;
  }

  /** Fills a slot's stamp, ToS, local address and interface from its control messages. */
  void read(NativeBatch batch, int slot) {
    MemorySegment control = batch.control;
    long at = (long) NativeBatch.CONTROL * slot;
    long end =
        at
            + Math.min(
                NativeBatch.CONTROL,
                batch.headers.get(
                    JAVA_LONG, NativeBatch.header(slot) + NativeBatch.AT_CONTROL_LENGTH));
    batch.kernelStamp[slot] = false;
    batch.tos[slot] = -1;
    while (end - at >= HEADER) {
      long length = control.get(JAVA_LONG, at);
      if (length < HEADER || length > end - at) {
        return;
      }
      int level = control.get(JAVA_INT, at + 8);
      int type = control.get(JAVA_INT, at + 12);
      take(batch, slot, level, type, at + HEADER);
      at += (length + 7) & ~7L;
    }
  }

  private void take(NativeBatch batch, int slot, int level, int type, long data) {
    MemorySegment control = batch.control;
    if (level == Libc.SOL_SOCKET) {
      if (type == Libc.SO_TIMESTAMPNS) {
        batch.stamp[slot] =
            control.get(JAVA_LONG, data) * SECOND + control.get(JAVA_LONG, data + 8);
        batch.kernelStamp[slot] = true;
      } else if (type == Libc.SO_RXQ_OVFL) {
        drops.recordSocketDrops(control.get(JAVA_INT, data));
      }
    } else if (level == Libc.IPPROTO_IP) {
      if (type == Libc.IP_TOS) {
        batch.tos[slot] = control.get(JAVA_BYTE, data) & 0xff;
      } else if (type == Libc.IP_PKTINFO) {
        // ifindex 4, the local address 4, the header's destination 4
        batch.receivedInterface(slot, control.get(JAVA_INT, data));
        batch.localHigh[slot] = 0;
        batch.localLow[slot] = Ip.mapped(control.get(SocketAddress.BE_INT, data + 4));
      }
    } else if (level == Libc.IPPROTO_IPV6) {
      if (type == Libc.IPV6_TCLASS) {
        batch.tos[slot] = control.get(JAVA_INT, data) & 0xff;
      } else if (type == Libc.IPV6_PKTINFO) {
        batch.localHigh[slot] = control.get(SocketAddress.BE_LONG, data);
        batch.localLow[slot] = control.get(SocketAddress.BE_LONG, data + 8);
        batch.receivedInterface(slot, control.get(JAVA_INT, data + 16));
      }
    }
  }
}

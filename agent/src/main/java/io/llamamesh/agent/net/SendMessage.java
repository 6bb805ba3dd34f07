package io.llamamesh.agent.net;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/** The one {@code struct msghdr} that a socket sends with, and its control messages. */
final class SendMessage {

  private static final int TOS_SPACE = ControlReader.HEADER + 8;
  private static final int V4_INFO = 12;
  private static final int V6_INFO = 20;

  private final boolean v6;
  private final MemorySegment message;
  private final MemorySegment vector;
  private final MemorySegment control;
  private int tos = -1;
  private boolean withSource;

  SendMessage(boolean v6) {
    this.v6 = v6;
    Arena arena = Arena.ofAuto();
    message = arena.allocate(NativeBatch.AT_RECEIVED, 8);
    vector = arena.allocate(NativeBatch.VECTOR, 8);
    control = arena.allocate(NativeBatch.CONTROL, 8);
    message.set(JAVA_LONG, NativeBatch.AT_VECTOR, vector.address());
    message.set(JAVA_LONG, NativeBatch.AT_VECTOR_COUNT, 1);
    message.set(JAVA_LONG, NativeBatch.AT_CONTROL, control.address());
    control.set(JAVA_LONG, 0, ControlReader.HEADER + 4L);
    control.set(JAVA_INT, 8, v6 ? Libc.IPPROTO_IPV6 : Libc.IPPROTO_IP);
    control.set(JAVA_INT, 12, v6 ? Libc.IPV6_TCLASS : Libc.IP_TOS);
    long info = TOS_SPACE;
    control.set(JAVA_LONG, info, ControlReader.HEADER + (v6 ? V6_INFO : V4_INFO));
    control.set(JAVA_INT, info + 8, v6 ? Libc.IPPROTO_IPV6 : Libc.IPPROTO_IP);
    control.set(JAVA_INT, info + 12, v6 ? Libc.IPV6_PKTINFO : Libc.IP_PKTINFO);
  }

  MemorySegment segment() {
    return message;
  }

  void data(long address, int length) {
    vector.set(JAVA_LONG, 0, address);
    vector.set(JAVA_LONG, 8, length);
  }

  void to(long address, int length) {
    message.set(JAVA_LONG, 0, address);
    message.set(JAVA_INT, NativeBatch.AT_NAME_LENGTH, length);
  }

  /** The kernel chooses the source address. */
  void control(int newTos) {
    if (newTos != tos || withSource) {
      tos(newTos);
      withSource = false;
      // The socket's own ToS is 0 and needs no message.
      message.set(JAVA_LONG, NativeBatch.AT_CONTROL_LENGTH, newTos == 0 ? 0 : TOS_SPACE);
    }
  }

  /** Sends from this address of ours. */
  void control(int newTos, long high, long low, int receivedInterface) {
    tos(newTos);
    withSource = true;
    long data = TOS_SPACE + ControlReader.HEADER;
    if (v6) {
      control.set(SocketAddress.BE_LONG, data, high);
      control.set(SocketAddress.BE_LONG, data + 8, low);
      // Only a link-local address needs its interface; else routing decides.
      control.set(JAVA_INT, data + 16, high >>> 54 == 0x3fa ? receivedInterface : 0);
      message.set(JAVA_LONG, NativeBatch.AT_CONTROL_LENGTH, TOS_SPACE + ControlReader.HEADER + 24L);
    } else {
      control.set(JAVA_INT, data, 0);
      control.set(SocketAddress.BE_INT, data + 4, (int) low);
      control.set(JAVA_INT, data + 8, 0);
      message.set(JAVA_LONG, NativeBatch.AT_CONTROL_LENGTH, TOS_SPACE + ControlReader.HEADER + 16L);
    }
  }

  private void tos(int newTos) {
    if (newTos != tos) {
      tos = newTos;
      control.set(JAVA_INT, ControlReader.HEADER, newTos);
    }
  }
}

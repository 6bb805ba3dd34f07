package io.llamamesh.agent.net;

import java.net.InetSocketAddress;

/**
 * One bound UDP socket.
 *
 * <p>Guarantees:
 *
 * <ul>
 *   <li>No method blocks.
 *   <li>An error of an earlier send is kept for {@link #drainErrors}; it neither fails a send to
 *       another destination nor hides a datagram that has arrived.
 *   <li>Each datagram fills one slot, in the order of arrival.
 *   <li>{@link #overflows} and {@link #otherDrops} never decrease, and count no datagram twice.
 *   <li>Sending to a {@link Remote} that was used before and receiving allocate nothing per
 *       datagram, on networks that have kernel stamps.
 * </ul>
 *
 * <p>Not thread-safe: one thread owns it and calls its methods; another may {@link #close} it only
 * after the owner has stopped using it.
 */
public interface UdpSocket extends AutoCloseable {

  /** The address and port that are bound. */
  InetSocketAddress local();

  /** Bytes of receive buffer that the kernel granted. */
  int receiveBufferBytes();

  /**
   * Reads what has arrived, without waiting.
   *
   * @param batch overwritten from slot 0 up; must come from the same network
   * @return number of slots that were filled; 0 when nothing is there
   */
  int receive(Batch batch);

  /**
   * Sends {@code length} bytes from the start of {@code payload}; {@code tos} is the whole ToS or
   * traffic class byte.
   */
  SendResult send(Payload payload, int length, Remote to, int tos);

  /** Sends what a slot holds (its bytes as they are now) to another address. */
  SendResult forward(Batch batch, int slot, Remote to, int tos);

  /**
   * Sends what a slot holds back to its source, from the address that it was sent to where the
   * system can.
   */
  SendResult reply(Batch batch, int slot, int tos);

  /**
   * Empties the socket's queue of errors that arrived for earlier sends.
   *
   * @return number of errors, of which the sink got at most 256; always 0 where the system keeps
   *     none
   */
  int drainErrors(ErrorSink sink);

  /**
   * Datagrams that the kernel dropped because this socket's receive buffer was full; 0 where
   * unknown.
   */
  long overflows();

  /**
   * Datagrams that the kernel dropped at this socket for another reason: a wrong checksum, unless a
   * filter is attached. 0 where unknown.
   */
  long otherDrops();

  @Override
  void close();
}

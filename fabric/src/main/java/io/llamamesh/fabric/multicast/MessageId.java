package io.llamamesh.fabric.multicast;

/**
 * Name of a message. A node that starts again has another life, so that no name comes twice even
 * when its disk was put back.
 *
 * @param origin the sender's name
 * @param life a number that no other life of the sender has, from 1
 * @param sequence number of the message in that life, from 1
 */
public record MessageId(String origin, long life, long sequence) {}

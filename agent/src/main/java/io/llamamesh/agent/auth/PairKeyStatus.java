package io.llamamesh.agent.auth;

/**
 * State of the keys of this node's pairs, for people and metrics.
 *
 * @param hasKeys its keys have come
 * @param wanted the config asks for probes that are signed by keys of pairs
 * @param senderKeys keys by which its reflector knows senders
 * @param provenTargets targets that have shown that they take such a key, so that it signs
 * @param namedTargets all targets that may
 */
public record PairKeyStatus(
    boolean hasKeys, boolean wanted, int senderKeys, int provenTargets, int namedTargets) {}

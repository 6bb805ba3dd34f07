package io.llamamesh.fabric;

import java.util.List;

/**
 * A node as another one knows it.
 *
 * @param name its name
 * @param address where it can be dialled, empty if unknown
 * @param incarnation its life, 0 if unknown
 * @param state what it is held for
 * @param neighbors whom it is linked to, by its own word
 * @param hears whom it hears beside, without a link
 * @param isFabricBlocked whether it is up and has had no link for some seconds
 */
public record Member(
    String name,
    String address,
    long incarnation,
    MemberState state,
    List<String> neighbors,
    List<String> hears,
    boolean isFabricBlocked) {}

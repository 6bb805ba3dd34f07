package io.llamamesh.registry.directory;

import com.fasterxml.jackson.annotation.JsonPropertyOrder;

/**
 * A probe that is not what it registered as.
 *
 * @param group its group
 * @param probe its name and id
 * @param state {@code source}: probes and is not probed; {@code shadowed}: neither; {@code
 *     elsewhere}: is probed where it registers from too
 * @param winner name and id of the one that has its place
 * @param what they share
 * @param remedy what to do
 */
@JsonPropertyOrder({"group", "probe", "state", "winner", "what", "remedy"})
public record Conflict(
    String group, String probe, String state, String winner, String what, String remedy) {}

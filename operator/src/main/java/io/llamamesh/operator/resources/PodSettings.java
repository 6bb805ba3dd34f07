package io.llamamesh.operator.resources;

/**
 * Settings of an operator for the pods of all its meshes.
 *
 * @param images of agents and scrapers
 * @param user source of the pods' user
 */
public record PodSettings(Images images, PodUser user) {}

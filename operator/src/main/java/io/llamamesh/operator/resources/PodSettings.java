package io.llamamesh.operator.resources;

/**
 * What an operator gives to the pods of all its meshes.
 *
 * @param images what they run
 * @param user whom they run as
 */
public record PodSettings(Images images, PodUser user) {}

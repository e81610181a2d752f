"""What registries say of images, asked by the OCI distribution specification and anonymously."""

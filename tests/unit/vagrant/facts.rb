# Prints what the Vagrantfile in the working folder says for a provider, as JSON, as Vagrant itself reads it.
require "json"
require "tmpdir"
gem "vagrant"
require "vagrant"

config = Vagrant::Environment.new(cwd: Dir.pwd).vagrantfile.machine_config(:default, ARGV.fetch(0).to_sym, nil, nil, false)[:config]
own = config.vm.get_provider_config(ARGV.fetch(0).to_sym)
settings = own.instance_variables.to_h { |name| [name.to_s.delete("@"), own.instance_variable_get(name)] }
puts JSON.generate(
  box: config.vm.box,
  ports: config.vm.networks.select { |type, _| type == :forwarded_port }.map(&:last),
  folders: config.vm.synced_folders,
  provisioners: config.vm.provisioners.map do |one|
    { name: one.name, type: one.type, run: one.run, path: (one.config.path if one.type == :shell),
      env: (one.config.env if one.type == :shell), privileged: (one.config.privileged if one.type == :shell) }
  end,
  provider: settings.slice("cpus", "memory", "smp", "machine_virtual_size", "disk_resize", "customizations"),
)
